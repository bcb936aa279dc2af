import { describe } from '@jest/globals';
import type { INestApplication, WebSocketAdapter } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { openSocketIo } from './socket-io-client.js';
import { openWebSocket } from './web-socket-client.js';

/** How a client connects. */
export interface SocketOptions {
  readonly cookie?: string;
  /** The origin of the page that connects. Without it, the client is not a browser. */
  readonly origin?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The namespace of Socket.IO, or the path of `ws`. */
  readonly at?: string;
  /** Text after the `?` of the URL. */
  readonly query?: string;
  /** Only for Socket.IO. */
  readonly auth?: object;
  /** Only for Socket.IO. */
  readonly transport?: 'polling' | 'websocket';
}

/** What a client gets from the server. */
export interface Heard {
  readonly event: string;
  readonly data: any;
}

/** How the server closed a connection. */
export interface Closed {
  /** What the client was told: a close reason of `ws`, or a code of Socket.IO. */
  readonly code: string | undefined;
  /** The close code of `ws`, or the reason of Socket.IO. */
  readonly by: number | string;
}

export interface OpenSocket {
  /** Sends a message, and returns the next event that arrives. */
  ask(event: string, data?: unknown): Promise<Heard>;
  send(event: string, data?: unknown): void;
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<Closed>;
  close(): void;
}

/** The result of an attempt to connect. */
export interface Attempt {
  /** `undefined` if the client was refused. */
  readonly socket?: OpenSocket;
  /** The HTTP status, if that was how the client was refused. */
  readonly status?: number;
  /** Why it was refused, as a program or a page can read it. */
  readonly code?: string;
  /** Why its session was ended, if the response has that. */
  readonly reason?: string;
  /** The close code, if the connection was accepted first. */
  readonly closedWith?: number;
}

/** A kind of sockets: the adapter of Nest and its client. */
export interface SocketKind {
  readonly name: 'Socket.IO' | 'ws';
  readonly adapter: (app: INestApplication) => WebSocketAdapter;
  readonly connect: (port: number, options?: SocketOptions) => Promise<Attempt>;
  /** How a client sees that it was refused: by status, by close code, or by an error with a code. */
  readonly refusal: (status: number, code: string, isPage: boolean) => Attempt;
}

const CLOSE_CODES: Readonly<Record<number, number>> = { 401: 4401, 503: 1013, 500: 1011 };

export const SOCKET_KINDS: readonly SocketKind[] = [
  {
    name: 'ws',
    adapter: (app) => new WsAdapter(app),
    connect: openWebSocket,
    refusal: (status, code, isPage) =>
      isPage && status !== 403 ? { code, closedWith: CLOSE_CODES[status]! } : { code, status },
  },
  {
    name: 'Socket.IO',
    adapter: (app) => new IoAdapter(app),
    connect: openSocketIo,
    refusal: (status, code) => (status === 403 ? { status } : { code }),
  },
];

export function describeSockets(suite: (kind: SocketKind) => void): void {
  for (const kind of SOCKET_KINDS) {
    describe(kind.name, () => suite(kind));
  }
}

/** Returns the open connection of a client that must not be refused. */
export async function opened(attempt: Promise<Attempt>): Promise<OpenSocket> {
  const { socket, ...refusal } = await attempt;
  if (!socket) {
    throw new Error(`The connection was refused: ${JSON.stringify(refusal)}`);
  }
  return socket;
}
