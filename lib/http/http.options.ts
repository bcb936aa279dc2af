import { checkBoolean, checkOneOf, invalidOption } from '../common/checks.js';
import { SessionsConfigurationError } from '../common/session-error.js';
import {
  resolveDeviceBound,
  type DeviceBoundOptions,
  type ResolvedDeviceBoundOptions,
} from './device/device-bound.options.js';
import {
  resolveCsrfOptions,
  type CsrfOptions,
  type ResolvedCsrfOptions,
} from './transport/cross-origin.js';
import {
  resolveCookieOptions,
  type ResolvedCookieOptions,
  type SessionCookieOptions,
} from './transport/cookie.options.js';

/** How a token travels between client and server. */
export interface HttpOptions {
  /**
   * Where a request's token is read. With `'cookie'` and `'bearer'`, the cookie of a request is ignored if an
   * `Authorization` header holds a token of this library, even a damaged one. A header of somebody else, such as a JWT of a
   * proxy, does not hide the cookie. Without `'cookie'` no cookie is ever set. A token in a URL or a body is never read.
   *
   * @default ['cookie', 'bearer']
   */
  readonly transports?: readonly ('cookie' | 'bearer')[] | undefined;

  /** The session cookie. Default: `__Host-id`, HttpOnly, Secure, SameSite=Lax, Path=/. */
  readonly cookie?: SessionCookieOptions | undefined;

  /**
   * Refuses, with a 403, requests that a page of another origin sent with an unsafe method, wherever the session of a
   * cookie is used, guarded or not. It does not affect bearer tokens of this library. `false` turns it off.
   *
   * @default { trustedOrigins: [] }
   */
  readonly csrf?: CsrfOptions | false | undefined;

  /**
   * Data of this origin that the browser deletes at a logout (`CurrentSession.end()`), besides the session cookie. The
   * response has a `Clear-Site-Data` header for it. `'cookies'` deletes the cookies of the whole registrable domain.
   * `'cache'` can take a browser seconds.
   *
   * @default none
   */
  readonly clearSiteData?: readonly ('cache' | 'cookies' | 'storage')[] | undefined;

  /**
   * Whether `CurrentSession.start()` records the client's IP address and user agent, to be shown to the session's owner.
   *
   * @default true
   */
  readonly recordClient?: boolean | undefined;

  /**
   * Binds the sessions of browsers that can do so to a key that never leaves the device, so that a copied cookie is soon
   * useless. Other browsers have sessions as before. It needs https, and a cookie without `domain` and with the path "/".
   *
   * @default none: no session is bound
   */
  readonly deviceBound?: DeviceBoundOptions | undefined;
}

/** `HttpOptions` with its defaults, checked. */
export interface ResolvedHttpOptions {
  readonly cookie: ResolvedCookieOptions | undefined;
  readonly bearer: boolean;
  /** `undefined` if requests of other origins are not refused. */
  readonly csrf: ResolvedCsrfOptions | undefined;
  /** Value of the `Clear-Site-Data` header. */
  readonly clearSiteData: string | undefined;
  readonly recordClient: boolean;
  readonly deviceBound: ResolvedDeviceBoundOptions | undefined;
}

export const HTTP_OPTION_NAMES = [
  'transports',
  'cookie',
  'csrf',
  'clearSiteData',
  'recordClient',
  'deviceBound',
] as const satisfies readonly (keyof HttpOptions)[];

/**
 * @param kind the kind of sessions that the options are for
 * @throws SessionsConfigurationError
 */
export function resolveHttpOptions(
  {
    transports = ['cookie', 'bearer'],
    cookie,
    csrf,
    clearSiteData = [],
    recordClient = true,
    deviceBound,
  }: HttpOptions,
  kind: string,
): ResolvedHttpOptions {
  if (!Array.isArray(transports) || transports.length === 0) {
    throw invalidOption('transports', transports, "an array of 'cookie', 'bearer' or both");
  }
  transports.forEach((transport, index) =>
    checkOneOf(`transports[${index}]`, transport, ['cookie', 'bearer']),
  );
  const hasCookie = transports.includes('cookie');
  const clearedSiteData = resolveClearSiteData(clearSiteData);
  const needCookie = { cookie, csrf: csrf || undefined, clearSiteData: clearedSiteData };
  const useless = Object.entries(needCookie).find(([, value]) => value !== undefined);
  if (!hasCookie && useless) {
    throw new SessionsConfigurationError(
      `${useless[0]} needs the transport 'cookie', which the option transports does not contain. ` +
        `Add 'cookie' to transports, or remove ${useless[0]}.`,
    );
  }
  const resolvedCookie = hasCookie ? resolveCookieOptions(cookie, kind) : undefined;
  return {
    cookie: resolvedCookie,
    bearer: transports.includes('bearer'),
    csrf: resolveCsrfOptions(csrf),
    clearSiteData: clearedSiteData,
    recordClient: checkBoolean('recordClient', recordClient),
    deviceBound: resolveDeviceBound(deviceBound, resolvedCookie),
  };
}

function resolveClearSiteData(types: unknown): string | undefined {
  if (!Array.isArray(types)) {
    throw invalidOption('clearSiteData', types, "an array of 'cache', 'cookies' or 'storage'");
  }
  types.forEach((type, index) =>
    checkOneOf(`clearSiteData[${index}]`, type, ['cache', 'cookies', 'storage']),
  );
  return types.map((type) => `"${type}"`).join(', ') || undefined;
}
