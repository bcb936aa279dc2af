import type { ArgumentsHost } from '@nestjs/common';
import type { SessionHttpException } from '../errors/session-http.exception.js';
import type { SessionRequest, SessionResponse } from '../http-types.js';
import type { CrossOriginProtection } from '../transport/cross-origin.js';
import type { RequestSession } from '../request/request-session.js';

/** The property of a request that is not an ordinary request of HTTP. It holds what differs. */
export const CHANNEL = Symbol('channel');

/** What differs from HTTP if a session is used by something else, such as a message of a socket or a query. */
export interface Channel {
  /** Continues "CurrentSession.start() ran": why no cookie can be set, and what to do. */
  readonly cookieRefusal?: string;
  /** Returns what checks the origin instead of the option `csrf` of a kind; `undefined` if the handshake has done so. */
  crossOrigin(kind: string): CrossOriginProtection | undefined;
  /** Whether the guard renews the session. Default: `true`; `false` for what the server sends unasked. */
  readonly renews?: boolean;
  /** Returns the exception that the handlers of this channel can throw. */
  toException?(exception: SessionHttpException): unknown;
  /** Gets the result of a lookup, also if the request has no session. */
  found?(session: RequestSession): void;
}

/** The request of a message: that of the handshake, as a new object for each message. */
export interface ChannelRequest extends SessionRequest {
  readonly [CHANNEL]?: Channel;
}

/**
 * Returns the request of the message that is being handled. Within one message it is the same object, and so is its
 * session. Throws if the connection has no session any more.
 */
export type RequestSource = (context: ArgumentsHost | undefined) => ChannelRequest;

const sources = new WeakMap<object, RequestSource>();

/**
 * Lets the guard and the decorators find a session in contexts that have no HTTP request.
 *
 * @param carrier the object by which such a context is known: the client of a gateway, or the context of GraphQL
 */
export function setRequestSource(carrier: object, source: RequestSource): void {
  sources.set(carrier, source);
}

/** Returns the request that an integration gives for a carrier; `undefined` if none does. */
export function sourcedRequest(
  carrier: unknown,
  context: ArgumentsHost | undefined,
): ChannelRequest | undefined {
  return typeof carrier === 'object' && carrier !== null
    ? sources.get(carrier)?.(context)
    : undefined;
}

/** The response of a message: it is too late for any header, so the cookie stays as it is. */
export const SENT_RESPONSE: SessionResponse = {
  headersSent: true,
  getHeader: () => undefined,
  removeHeader: () => undefined,
  header: () => undefined,
  status: () => ({ send: () => undefined }),
  end: () => undefined,
};
