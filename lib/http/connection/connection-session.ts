import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import { SessionEndedError } from '../../common/session-error.js';
import type { SessionEnd } from '../../manager/watch/session-end.js';
import { refused, type SessionHttpException } from '../errors/session-http.exception.js';
import type { SessionRequest } from '../http-types.js';
import type { RequestSession } from '../request/request-session.js';
import { codeOfEnd, type ConnectionEndCode } from './close-connection.js';
import {
  CHANNEL,
  SENT_RESPONSE,
  type Channel,
  type ChannelRequest,
} from '../source/request-source.js';

/**
 * The session of a connection over which messages come: watches it, and knows when it has ended. If messages use sessions of
 * several kinds, the end of any of them ends the connection.
 */
export class ConnectionSession {
  readonly #onEnd: (code: ConnectionEndCode) => void;
  #end: SessionEnd | undefined;
  #isClosed = false;
  /** The sessions that are watched, by their kind. */
  readonly #watched = new Map<string, { readonly id: string; readonly stop: () => void }>();

  /** @param onEnd closes the connection with this code, because its session has ended */
  constructor(onEnd: (code: ConnectionEndCode) => void) {
    this.#onEnd = onEnd;
  }

  /** Whether the session has ended. Messages that arrive from then on are not handled, even if the client ignores the close. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Returns the exception for a message that came after the end; `undefined` before it. */
  get refusal(): SessionHttpException | undefined {
    return this.#end && refusalAfter(this.#end);
  }

  /** Watches a session that a lookup found, until it ends or the connection is closed. */
  found(session: RequestSession): void {
    const { id, kind } = session;
    const watched = this.#watched.get(kind);
    if (id === undefined || id === watched?.id || this.#isClosed) {
      return;
    }
    watched?.stop();
    const stop = session.watch((end) => this.#ended(end));
    this.#watched.set(kind, { id, stop });
  }

  /** Stops the watch, after the connection was closed. */
  closed(): void {
    this.#isClosed = true;
    this.#watched.forEach(({ stop }) => stop());
  }

  #ended(end: SessionEnd): void {
    this.#end = end;
    this.#isClosed = true;
    this.#onEnd(codeOfEnd(end.shownReason));
  }
}

/** Returns the exception that an HTTP request gets after this end. */
function refusalAfter({ reason, shownReason }: SessionEnd): SessionHttpException {
  switch (reason) {
    case 'expired':
    case 'device':
      return refused(reason);
    case 'rotated':
    case 'ended':
      return refused('not-found');
    default:
      return refused(
        'ended',
        new SessionEndedError(reason, shownReason === reason ? reason : 'ended'),
      );
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
