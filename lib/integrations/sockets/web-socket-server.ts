import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  closeWebSocket,
  UNAUTHORIZED,
  type ClosableWebSocket,
} from '../../http/connection/close-connection.js';
import type { HandshakeRefusal, VerifiedHandshake } from './handshakes.js';
import { SocketConnection } from './socket-connection.js';
import type { ToWsException } from './ws-exception.js';

/** The part of a `WebSocketServer` of `ws` that is used. */
export interface WebSocketServer {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, open: OnOpen): void;
}

type OnOpen = (client: WebSocketClient, request: IncomingMessage) => void;

/** The part of a `WebSocket` of `ws` that is used. */
interface WebSocketClient extends ClosableWebSocket {
  emit(event: string, ...args: unknown[]): boolean;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** Close codes by HTTP status (RFC 6455, section 7.4): "try again later", and "internal error" for the others. */
const CLOSE_CODES: Readonly<Record<number, number>> = { 401: UNAUTHORIZED, 503: 1013 };
const INTERNAL_ERROR = 1011;

/** Verifies each handshake before the server of `ws` accepts it. */
export function guardUpgrades(
  server: WebSocketServer,
  verify: (request: IncomingMessage) => Promise<VerifiedHandshake>,
  toException: ToWsException,
): void {
  const upgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (request, socket, head, open) => {
    const destroy = () => socket.destroy();
    socket.on('error', destroy);
    const accept = (onOpen: OnOpen) => {
      socket.off('error', destroy);
      upgrade(request, socket, head, onOpen);
    };
    verify(request)
      .then(
        (handshake) =>
          accept((client, ...rest) => {
            connect(client, handshake, toException);
            open(client, ...rest);
          }),
        (refusal: HandshakeRefusal) => refuse(refusal, request, socket, accept),
      )
      .catch(destroy);
  };
}

function connect(
  client: WebSocketClient,
  handshake: VerifiedHandshake,
  toException: ToWsException,
): void {
  const connection = new SocketConnection(client, handshake, toException, (code) =>
    closeWebSocket(client, UNAUTHORIZED, code),
  );
  const emit = client.emit.bind(client);
  client.emit = (event, ...args) => {
    if (event !== 'message') {
      return emit(event, ...args);
    }
    connection.receive(() => void emit(event, ...args));
    return true;
  };
  client.on('close', () => connection.closed());
}

/**
 * Refuses a handshake. A page can't read the status of the response, so its connection is accepted and closed with a code
 * as the reason. A page of another origin gets no connection at all.
 */
function refuse(
  refusal: HandshakeRefusal,
  request: IncomingMessage,
  socket: Duplex,
  accept: (open: OnOpen) => void,
): void {
  const { status, reason } = refusal;
  if (request.headers.origin === undefined || status === 403) {
    respond(socket, refusal);
    return;
  }
  accept((client) => {
    client.on('error', () => undefined);
    closeWebSocket(client, CLOSE_CODES[status] ?? INTERNAL_ERROR, reason);
  });
}

/** Sends a response instead of the upgrade. */
export function respond(socket: Duplex, { status, headers, body }: HandshakeRefusal): void {
  const text = JSON.stringify(body);
  const head = Object.entries({
    ...headers,
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${text}`);
}
