import type { IncomingMessage } from 'node:http';
import {
  CLOSE_TIMEOUT_MS,
  goesOn,
  type ConnectionEndCode,
} from '../../http/connection/close-connection.js';
import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import { toRefusal, type HandshakeRefusal, type VerifiedHandshake } from './handshakes.js';
import type { UpgradingServer } from '../../http/connection/upgraded-sockets.js';
import { SocketConnection } from './socket-connection.js';
import { respond } from './web-socket-server.js';
import type { ToWsException } from './ws-exception.js';

/** The event that a client of Socket.IO gets before its connection is closed because the session has ended. */
const SESSION_ENDED = 'session-ended';

/** The part of a server or a namespace of Socket.IO that is used. */
export interface SocketIoServer {
  use(middleware: (socket: SocketIoSocket, next: (error?: Error) => void) => void): unknown;
  on(event: 'connection', listener: (socket: SocketIoSocket) => void): unknown;
  /** Namespace: its server. */
  readonly server?: SocketIoServer;
  /** Server: what accepts the connections of all namespaces. */
  readonly engine?: Engine;
  /** Server: the HTTP server that it is attached to. */
  readonly httpServer?: UpgradingServer;
  /** Server: its options. */
  readonly opts?: { readonly connectionStateRecovery?: unknown };
}

/** The part of a server of Engine.IO that is used. */
export interface Engine {
  readonly opts: { allowRequest?: AllowRequest };
}

type AllowRequest = (
  request: EngineRequest,
  callback: (error: string | null | undefined, isAllowed: boolean) => void,
) => void;

/** Node sets `upgrade` for requests that ask for another protocol. */
type EngineRequest = IncomingMessage & { readonly upgrade?: boolean };

interface SocketIoSocket {
  readonly request: IncomingMessage;
  readonly handshake: { readonly auth?: unknown };
  /** The connection, which all namespaces of a client share. */
  readonly conn: {
    close(): unknown;
    readonly transport: { readonly socket?: { terminate?(): void } };
  };
  use(middleware: (event: unknown, next: () => void) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  emit(event: string, data: object): unknown;
  disconnect(close: boolean): unknown;
}

/** Verifies each handshake with the server or the namespace before a handler sees the socket. */
export function guardNamespace(
  namespace: SocketIoServer,
  verify: (request: IncomingMessage, token: string | undefined) => Promise<VerifiedHandshake>,
  toException: ToWsException,
): void {
  const handshakes = new WeakMap<SocketIoSocket, VerifiedHandshake>();
  namespace.use((socket, next) => {
    verify(socket.request, tokenIn(socket.handshake.auth)).then(
      (handshake) => {
        handshakes.set(socket, handshake);
        process.nextTick(next);
      },
      (refusal: HandshakeRefusal) => process.nextTick(next, connectError(refusal)),
    );
  });
  namespace.on('connection', (socket) => connect(socket, handshakes.get(socket)!, toException));
}

/** Engines whose handshakes are guarded: all namespaces of a server share one. */
const guarded = new WeakSet<Engine>();

/**
 * Refuses pages of other origins before there is a connection. Sessions are not looked up here, since a page could not read
 * why it is refused.
 */
export function guardEngine(
  engine: Engine,
  requireAllowedOrigin: (request: IncomingMessage) => void,
): void {
  if (guarded.has(engine)) {
    return;
  }
  guarded.add(engine);
  const { allowRequest = allowAll } = engine.opts;
  engine.opts.allowRequest = (request, callback) => {
    try {
      requireNoScript(request);
      requireAllowedOrigin(request);
    } catch (error) {
      const refusal = error as HandshakeRefusal;
      if (request.upgrade) {
        // Engine.IO would respond with a 400.
        respond(request.socket, refusal);
      }
      callback(refusal.code, false);
      return;
    }
    allowRequest(request, callback);
  };
}

/**
 * Refuses JSONP, which Engine.IO still speaks: a `<script>` of any page can read the id of a connection. On plain http and
 * from older browsers no header shows the origin of such a request.
 *
 * @throws HandshakeRefusal
 */
function requireNoScript({ url = '' }: IncomingMessage): void {
  if (new URLSearchParams(url.slice(url.indexOf('?') + 1)).has('j')) {
    throw toRefusal(new SessionHttpException('SESSION_CROSS_ORIGIN'));
  }
}

const allowAll: AllowRequest = (_, callback) => callback(null, true);

function connect(
  socket: SocketIoSocket,
  handshake: VerifiedHandshake,
  toException: ToWsException,
): void {
  const connection = new SocketConnection(socket, handshake, toException, (code) =>
    close(socket, code),
  );
  socket.use((_, next) => connection.receive(next));
  socket.on('disconnect', () => connection.closed());
}

function close(socket: SocketIoSocket, code: ConnectionEndCode): void {
  const { transport } = socket.conn;
  socket.emit(SESSION_ENDED, { code });
  if (goesOn(code)) {
    // Unlike after a disconnection by the server, the client connects again, with the new cookie.
    socket.conn.close();
  } else {
    socket.disconnect(true);
  }
  setTimeout(() => transport.socket?.terminate?.(), CLOSE_TIMEOUT_MS).unref();
}

/** Returns the token in `auth` of the client, which scripts set instead of a header. */
function tokenIn(auth: unknown): string | undefined {
  const { token } = Object(auth) as { token?: unknown };
  return typeof token === 'string' && Object.hasOwn(Object(auth), 'token') ? token : undefined;
}

/** The error that the client gets as `connect_error`, with the body of an HTTP response as its data. */
function connectError({ code, body }: HandshakeRefusal): Error {
  return Object.assign(new Error(code), { data: body });
}
