import { checkBoolean, checkOneOf, wrong } from '../common/checks.js';
import { SessionsConfigurationError } from '../common/session-error.js';
import { resolveCsrfOptions, type CsrfOptions, type ResolvedCsrfOptions } from './cross-origin.js';
import {
  resolveCookieOptions,
  type ResolvedCookieOptions,
  type SessionCookieOptions,
} from './transport/cookie.options.js';

/** How a token travels between client and server. */
export interface HttpOptions {
  /**
   * Where a request's token is read. An `Authorization: Bearer` header, where there is one, is the only token looked at.
   * Without `'cookie'` none is ever set. A token in a URL or a body is never read.
   *
   * @default ['cookie', 'bearer']
   */
  readonly transports?: readonly ('cookie' | 'bearer')[] | undefined;

  /** The session cookie. Default: `__Host-id`, HttpOnly, Secure, SameSite=Lax, Path=/. */
  readonly cookie?: SessionCookieOptions | undefined;

  /**
   * Refuses, with a 403, requests that change something and come from a page of another origin, wherever the session of
   * a cookie is asked for, guarded or not. Bearer tokens are not concerned. `false` turns it off.
   *
   * @default { trustedOrigins: [] }
   */
  readonly csrf?: CsrfOptions | false | undefined;

  /**
   * Whether `CurrentSession.start()` records the client's IP address and user agent, to be shown to the session's owner.
   *
   * @default true
   */
  readonly recordClient?: boolean | undefined;
}

/** `HttpOptions` with its defaults, checked. */
export interface ResolvedHttpOptions {
  readonly cookie: ResolvedCookieOptions | undefined;
  readonly bearer: boolean;
  /** `undefined` where requests of other origins are not refused. */
  readonly csrf: ResolvedCsrfOptions | undefined;
  readonly recordClient: boolean;
}

export const HTTP_OPTION_NAMES = [
  'transports',
  'cookie',
  'csrf',
  'recordClient',
] as const satisfies readonly (keyof HttpOptions)[];

/** @throws SessionsConfigurationError */
export function resolveHttpOptions({
  transports = ['cookie', 'bearer'],
  cookie,
  csrf,
  recordClient = true,
}: HttpOptions): ResolvedHttpOptions {
  if (!Array.isArray(transports) || transports.length === 0) {
    throw wrong('transports', transports, "an array of 'cookie', 'bearer' or both");
  }
  transports.forEach((transport) => checkOneOf('transports', transport, ['cookie', 'bearer']));
  const hasCookie = transports.includes('cookie');
  if (!hasCookie && cookie !== undefined) {
    throw new SessionsConfigurationError(
      "cookie is set, but transports has no 'cookie', so none would ever be sent. Remove one of the two.",
    );
  }
  return {
    cookie: hasCookie ? resolveCookieOptions(cookie) : undefined,
    bearer: transports.includes('bearer'),
    csrf: resolveCsrfOptions(csrf),
    recordClient: checkBoolean('recordClient', recordClient),
  };
}
