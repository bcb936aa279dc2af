import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import {
  SessionActingError,
  SessionConflictError,
  SessionDataError,
  SessionDataTooLargeError,
  SessionEndedError,
  SessionExpiredError,
  SessionLimitError,
  SessionNotFoundError,
  SessionStoreError,
  type SessionError,
} from '../../common/session-error.js';
import type { RejectionReason } from '../../manager/session-events.js';

/**
 * The `code` in the body of an error response, for clients to switch on. docs/reference.md says when each is sent.
 *
 * @publicApi
 */
export type SessionHttpCode =
  | 'SESSION_MISSING'
  | 'SESSION_NOT_FOUND'
  | 'SESSION_ENDED'
  | 'SESSION_EXPIRED'
  | 'SESSION_DEVICE'
  | 'SESSION_UNBOUND'
  | 'SESSION_NOT_FRESH'
  | 'SESSION_ACTING'
  | 'SESSION_CROSS_ORIGIN'
  | 'SESSION_CONFLICT'
  | 'SESSION_DATA_TOO_LARGE'
  | 'SESSION_LIMIT'
  | 'SESSION_DATA'
  | 'SESSION_STORE_UNAVAILABLE';

/** The status and the usual message of each code. */
export const SESSION_RESPONSES: Readonly<Record<SessionHttpCode, readonly [number, string]>> = {
  SESSION_MISSING: [401, 'This needs a session, and the request has none. Log in first.'],
  SESSION_NOT_FOUND: [401, 'There is no such session. Log in again.'],
  SESSION_ENDED: [401, 'The session was ended. Log in again.'],
  SESSION_EXPIRED: [401, 'The session has expired. Log in again.'],
  SESSION_DEVICE: [
    401,
    'The session is bound to a browser, and this request does not prove that it comes from that browser. Log in again.',
  ],
  SESSION_UNBOUND: [
    403,
    'This needs a session that is bound to its browser, and the session of the request is not. Use a browser that binds ' +
      'sessions to the device.',
  ],
  SESSION_NOT_FRESH: [
    403,
    'This needs a recent proof that you are the user of the session. Enter your password, or use your passkey, again.',
  ],
  SESSION_ACTING: [
    403,
    'This is refused while you act as another user. Return to your own session first.',
  ],
  SESSION_CROSS_ORIGIN: [
    403,
    'Refused, since a page of another origin sent this request. If the page is yours, add its origin to ' +
      'csrf.trustedOrigins, or trust the proxy that changed the Host header. If it is the page of a provider that signs ' +
      'users in or takes payments, put @AllowCrossOrigin() on the route.',
  ],
  SESSION_CONFLICT: [
    409,
    'The session was changed by another request at the same moment. Try again.',
  ],
  SESSION_DATA_TOO_LARGE: [413, 'The session data would be too large. Store less in the session.'],
  SESSION_LIMIT: [429, 'The user has too many sessions. End one of them first.'],
  SESSION_DATA: [500, "The session can't be read or stored."],
  SESSION_STORE_UNAVAILABLE: [503, 'Sessions are not available at the moment. Try again.'],
};

/**
 * The HTTP exception for a session that can't be used. The body is `{ statusCode, error, message, code }`; with
 * `SESSION_ENDED` it also has the `reason`, such as `evicted`, or only `ended` if the option `showEndReason` is `false`. The
 * domain error is the `cause`; the body shows nothing else of it.
 *
 * @publicApi
 */
export class SessionHttpException extends HttpException {
  /** The `code` in the body. */
  readonly code: SessionHttpCode;
  readonly #challenge: string | undefined;

  /**
   * @param cause the domain error that this exception is for
   * @param variant what differs from the usual response of the code: another `message`, or a `challenge`. The
   * challenge makes the response a 401 for a bearer token, and is appended to the header `WWW-Authenticate`
   */
  constructor(
    code: SessionHttpCode,
    cause?: SessionError,
    variant: { readonly message?: string | undefined; readonly challenge?: string } = {},
  ) {
    const [usualStatus, usual] = SESSION_RESPONSES[code];
    const { message = usual, challenge } = variant;
    const statusCode = challenge === undefined ? usualStatus : 401;
    const isOver = code === 'SESSION_ENDED' && cause instanceof SessionEndedError;
    const reason = isOver ? { reason: cause.shownReason } : {};
    const body = { statusCode, error: STATUS_CODES[statusCode], message, code, ...reason };
    super(body, statusCode, cause && { cause });
    this.code = code;
    this.#challenge = challenge;
  }

  /** What GraphQL puts into the `extensions` of the error (GraphQL specification, section 7.1.2). */
  get extensions(): Readonly<Record<'code', SessionHttpCode> & Partial<Record<'reason', string>>> {
    const { reason } = this.getResponse() as { readonly reason?: string };
    return reason === undefined ? { code: this.code } : { code: this.code, reason };
  }

  /** The status of the response, by the name that Fastify and Mercurius read. */
  get statusCode(): number {
    return this.getStatus();
  }

  /**
   * Headers that belong to this response (RFC 9110, sections 10.2.3 and 11.6.1; RFC 6750, section 3; RFC 9470, section 3).
   * No cache may store it (RFC 9111, section 5.2.2.5).
   */
  get headers(): Readonly<Record<string, string>> {
    const headers = { 'cache-control': 'no-store' };
    switch (this.getStatus()) {
      case 401: {
        const usual = this.code === 'SESSION_MISSING' ? '' : ', error="invalid_token"';
        const challenge = this.#challenge ?? usual;
        return { ...headers, 'www-authenticate': `Bearer realm="sessions"${challenge}` };
      }
      case 503:
        return isTransient(this.cause) ? { ...headers, 'retry-after': '1' } : headers;
      default:
        return headers;
    }
  }
}

function isTransient(cause: unknown): boolean {
  return !(cause instanceof SessionStoreError) || cause.isTransient;
}

/**
 * Why a request is refused: for a reason that events have too, because the browser hides the origin of its page, or because
 * its session can't be read (`damaged`).
 */
export type Refusal = RejectionReason | 'hidden-origin' | 'unknown-origin' | 'damaged';

/** Returns the exception for a request that is refused. */
export function refused(reason: Refusal, cause?: SessionError): SessionHttpException {
  return new SessionHttpException(REFUSALS[reason], cause, { message: MESSAGES[reason] });
}

/**
 * Returns the exception for a session whose user must prove again who they are. A page would take a 401 for a logout, but
 * clients with a bearer token know the challenge of RFC 9470 (docs/adr/0034-fresh-sessions.md).
 *
 * @param maxAge milliseconds since the latest proof that the route allows
 */
export function notFresh(maxAge: number, usesCookie: boolean): SessionHttpException {
  const seconds = Math.floor(maxAge / 1000);
  const challenge = `, error="insufficient_user_authentication", max_age="${seconds}"`;
  return new SessionHttpException('SESSION_NOT_FRESH', undefined, usesCookie ? {} : { challenge });
}

/** The message of a refusal, if it is not the usual one of its code. */
const MESSAGES: Readonly<Partial<Record<Refusal, string>>> = {
  // With the policy `no-referrer`, which helmet sets, browsers hide the origin of the application's own pages too.
  'hidden-origin':
    'Refused, since the browser hid the origin of the page that sent this request (Origin: null). If the page is yours, ' +
    'send it with the header Referrer-Policy: same-origin.',
  'unknown-origin':
    'Refused, since no header shows which page sent this GraphQL operation. Send it by POST, or with the header ' +
    'apollo-require-preflight: true.',
};

const REFUSALS = {
  missing: 'SESSION_MISSING',
  'not-found': 'SESSION_NOT_FOUND',
  ended: 'SESSION_ENDED',
  expired: 'SESSION_EXPIRED',
  device: 'SESSION_DEVICE',
  'cross-origin': 'SESSION_CROSS_ORIGIN',
  'hidden-origin': 'SESSION_CROSS_ORIGIN',
  'unknown-origin': 'SESSION_CROSS_ORIGIN',
  damaged: 'SESSION_DATA',
} as const satisfies Record<Refusal, SessionHttpCode>;

/**
 * The domain errors that become an HTTP exception, each with its code (docs/adr/0004-one-http-exception.md). The first match
 * counts: `SessionEndedError` comes before `SessionNotFoundError`, its base class.
 */
export const DOMAIN_ERRORS: readonly (readonly [
  new (...args: never[]) => SessionError,
  SessionHttpCode,
])[] = [
  [SessionEndedError, 'SESSION_ENDED'],
  [SessionNotFoundError, 'SESSION_NOT_FOUND'],
  [SessionExpiredError, 'SESSION_EXPIRED'],
  [SessionConflictError, 'SESSION_CONFLICT'],
  [SessionDataTooLargeError, 'SESSION_DATA_TOO_LARGE'],
  [SessionLimitError, 'SESSION_LIMIT'],
  [SessionActingError, 'SESSION_ACTING'],
  [SessionDataError, 'SESSION_DATA'],
  [SessionStoreError, 'SESSION_STORE_UNAVAILABLE'],
];

/**
 * Returns the exception for a domain error, and any other error unchanged. That can be a mistake in the application's
 * code, which Nest logs and turns into a plain 500, or the application's own `SessionError`, whatever its code.
 */
export function toHttpException(error: unknown): unknown {
  const [, code] = DOMAIN_ERRORS.find(([type]) => error instanceof type) ?? [];
  return code ? new SessionHttpException(code, error as SessionError) : error;
}
