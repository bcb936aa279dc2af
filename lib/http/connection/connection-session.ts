import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import type { WatchEndReason } from '../../manager/watch/session-end.js';
import { SessionHttpException } from '../errors/session-http.exception.js';
import type { SessionRequest } from '../http-types.js';
import type { RequestSession } from '../request/request-session.js';
import {
  CHANNEL,
  SENT_RESPONSE,
  type Channel,
  type ChannelRequest,
} from '../request/request-source.js';

/** The session of a connection over which messages come: watches it, and knows when it has ended. */
export class ConnectionSession {
  readonly #onEnd: (reason: WatchEndReason) => void;
  #ended: WatchEndReason | undefined;
  #isClosed = false;
  /** The session that is watched. */
  #watched: { readonly id: string; readonly stop: () => void } | undefined;

  /** @param onEnd closes the connection, because its session has ended */
  constructor(onEnd: (reason: WatchEndReason) => void) {
    this.#onEnd = onEnd;
  }

  /** Whether the session has ended. Messages that arrive from then on are not handled, even if the client ignores the close. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Returns the exception for a message that came after the end; `undefined` before it. */
  get refusal(): SessionHttpException | undefined {
    return (
      this.#ended &&
      new SessionHttpException(this.#ended === 'expired' ? 'SESSION_EXPIRED' : 'SESSION_NOT_FOUND')
    );
  }

  /** Watches a session that a lookup found, until it ends or the connection is closed. */
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

  #end(reason: WatchEndReason): void {
    this.#ended = reason;
    this.#isClosed = true;
    this.#onEnd(reason);
  }
}

/**
 * Returns the request of a message: that of the handshake, as a new object.
 *
 * @param method what the message is called in the log, such as `MESSAGE`
 */
export function messageRequest(
  handshake: SessionRequest,
  method: string,
  handler: ArgumentsHost | undefined,
  channel: Channel,
): ChannelRequest {
  const path = describe(handler as ExecutionContext | undefined);
  return { ...handshake, method, route: { path }, res: SENT_RESPONSE, [CHANNEL]: channel };
}

/** Returns the name of a handler for the log, such as `ChatGateway.say`. An exception filter gets no handler. */
function describe(context: ExecutionContext | undefined): string | undefined {
  const handler = context?.getHandler?.();
  return handler && `${context?.getClass().name}.${handler.name}`;
}
