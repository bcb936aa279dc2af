import { AsyncLocalStorage } from 'node:async_hooks';
import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { SessionRequest } from '../../http/http-types.js';
import {
  CHANNEL,
  SENT_RESPONSE,
  setRequestSource,
  type Channel,
  type ChannelRequest,
} from '../../http/request/request-source.js';
import type { RequestSession } from '../../http/request/request-session.js';
import type { WatchEndReason } from '../../manager/watch/session-end.js';
import { exceptionAfter } from './socket-end.js';
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
  /** The handshake has checked the origin. */
  readonly crossOrigin = undefined;
  readonly #handshake: SessionRequest;
  readonly toException: ToWsException;
  readonly #close: (reason: WatchEndReason) => void;
  #ended: WatchEndReason | undefined;
  #isClosed = false;
  /** The session that is watched. */
  #watched: { readonly id: string; readonly stop: () => void } | undefined;

  /**
   * @param client the object that handlers get as the client
   * @param close closes the connection, because its session has ended
   */
  constructor(
    client: object,
    handshake: SessionRequest,
    toException: ToWsException,
    close: (reason: WatchEndReason) => void,
  ) {
    this.#handshake = handshake;
    this.toException = toException;
    this.#close = close;
    setRequestSource(client, (handler) => this.#requestFor(handler));
  }

  /** Delivers a message to its handlers, unless the session has ended. */
  receive(deliver: () => void): void {
    if (this.#ended === undefined) {
      messages.run({ connection: this }, deliver);
    }
  }

  /** Watches a session that the handshake or a message found, until it ends or the connection is closed. */
  found(session: RequestSession): void {
    const { id } = session;
    if (id === undefined || id === this.#watched?.id || this.#isClosed) {
      return;
    }
    this.#watched?.stop();
    const stop = session.watch(({ reason }) => this.#end(reason));
    this.#watched = { id, stop };
  }

  /** Stops the watch, after the connection was closed. */
  closed(): void {
    this.#isClosed = true;
    this.#watched?.stop();
  }

  /** Messages that arrive from now on are not handled, even if the client ignores that the connection is closed. */
  #end(reason: WatchEndReason): void {
    this.#ended = reason;
    this.#isClosed = true;
    this.#close(reason);
  }

  #requestFor(handler: ArgumentsHost | undefined): ChannelRequest {
    if (this.#ended !== undefined) {
      throw this.toException(exceptionAfter(this.#ended));
    }
    const message = messages.getStore();
    return message?.connection === this
      ? (message.request ??= this.#request(handler))
      : this.#request(handler);
  }

  #request(handler: ArgumentsHost | undefined): ChannelRequest {
    const path = describe(handler as ExecutionContext | undefined);
    return {
      ...this.#handshake,
      method: 'MESSAGE',
      route: { path },
      res: SENT_RESPONSE,
      [CHANNEL]: this,
    };
  }
}

/** Returns the name of a handler for the log, such as `ChatGateway.say`. An exception filter gets no handler. */
function describe(context: ExecutionContext | undefined): string | undefined {
  const handler = context?.getHandler?.();
  return handler && `${context?.getClass().name}.${handler.name}`;
}
