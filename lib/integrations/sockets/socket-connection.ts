import { AsyncLocalStorage } from 'node:async_hooks';
import type { ArgumentsHost } from '@nestjs/common';
import type { ConnectionEndCode } from '../../http/connection/close-connection.js';
import { ConnectionSession, messageRequest } from '../../http/connection/connection-session.js';
import type { HandshakeOrigins } from '../../http/connection/handshake-origins.js';
import type { SessionRequest } from '../../http/http-types.js';
import {
  setRequestSource,
  type Channel,
  type ChannelRequest,
} from '../../http/source/request-source.js';
import type { RequestSession } from '../../http/request/request-session.js';
import type { HandshakeProtection } from '../../http/transport/cross-origin.js';
import type { VerifiedHandshake } from './handshakes.js';
import type { ToWsException } from './ws-exception.js';

/** A message that is being handled. */
interface Message {
  readonly connection: SocketConnection;
  /** The request by which the handler finds the session; `undefined` until it asks. */
  request?: ChannelRequest;
}

const messages = new AsyncLocalStorage<Message>();

/**
 * The connection of one client. Each of its messages looks for the session anew, by the token of the handshake. When the
 * session ends, no further message is handled, and the connection is closed.
 */
export class SocketConnection implements Channel {
  readonly cookieRefusal =
    "in a message of a socket, which can't set a cookie. Do this in an HTTP request, and let the client connect again " +
    'after it.';
  readonly toException: ToWsException;
  readonly #handshake: SessionRequest;
  readonly #origins: HandshakeOrigins;
  readonly #session: ConnectionSession;

  /**
   * @param client the object that handlers get as the client
   * @param close closes the connection with this code, because its session has ended
   */
  constructor(
    client: object,
    { request, origins, sessions }: VerifiedHandshake,
    toException: ToWsException,
    close: (code: ConnectionEndCode) => void,
  ) {
    this.#handshake = request;
    this.#origins = origins;
    this.toException = toException;
    this.#session = new ConnectionSession(close);
    setRequestSource(client, (handler) => this.#requestFor(handler));
    sessions.forEach((session) => this.found(session));
  }

  /** Checks the origin of the handshake for a kind, unless the handshake itself was checked for it. */
  crossOrigin(kind: string): HandshakeProtection | undefined {
    return this.#origins.protection(kind);
  }

  /** Delivers a message to its handlers, unless the session has ended. */
  receive(deliver: () => void): void {
    if (!this.#session.hasEnded) {
      messages.run({ connection: this }, deliver);
    }
  }

  /** Watches a session that the handshake or a message found, until it ends or the connection is closed. */
  found(session: RequestSession): void {
    this.#session.found(session);
  }

  /** Stops the watch, after the connection was closed. */
  closed(): void {
    this.#session.closed();
  }

  #requestFor(handler: ArgumentsHost | undefined): ChannelRequest {
    const { refusal } = this.#session;
    if (refusal) {
      throw this.toException(refusal);
    }
    const message = messages.getStore();
    return message?.connection === this
      ? (message.request ??= this.#request(handler))
      : this.#request(handler);
  }

  #request(handler: ArgumentsHost | undefined): ChannelRequest {
    return messageRequest(this.#handshake, 'MESSAGE', handler, this);
  }
}
