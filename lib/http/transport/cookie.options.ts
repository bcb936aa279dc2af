import { checkBoolean, checkOneOf, ownOptions } from '../../common/checks.js';
import { DEFAULT_KIND, nameOfKind } from '../../common/kind.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { checkCookieDomain, checkCookieName, checkCookiePath, prefixOf } from './cookie-checks.js';
import {
  previousWeaknesses,
  resolvePreviousCookies,
  type PreviousSessionCookie,
  type ResolvedPreviousCookie,
} from './previous-cookie.options.js';

/**
 * The session cookie (RFC 6265bis). Only an explicit option makes it weaker than the default.
 *
 * @publicApi
 */
export interface SessionCookieOptions {
  /**
   * Name of the cookie. If it has a prefix such as `__Host-` or `__Secure-`, the other options must meet the rules of
   * browsers for it.
   *
   * @default '__Host-id'; '__Secure-id' with a `domain` or another `path`; 'id' with `secure: false`. For a kind such as
   * `staff`: '__Host-staff-id', '__Secure-staff-id', 'staff-id'
   */
  readonly name?: string | undefined;
  /**
   * Whether the cookie is hidden from scripts of the page.
   *
   * @default true
   */
  readonly httpOnly?: boolean | undefined;
  /**
   * Whether browsers send the cookie over https only (and to localhost). `false` for plain http on other hosts.
   *
   * @default true
   */
  readonly secure?: boolean | undefined;
  /**
   * Whether browsers send the cookie with requests that other sites cause; `'none'` needs `secure`.
   *
   * @default 'lax'
   */
  readonly sameSite?: 'strict' | 'lax' | 'none' | undefined;
  /**
   * Path below which browsers send the cookie.
   *
   * @default '/'
   */
  readonly path?: string | undefined;
  /** Domain whose hosts all get the cookie. Default: only the host that set it. */
  readonly domain?: string | undefined;
  /**
   * Whether the browser keeps the cookie after it is closed, for the remaining time until `absoluteTimeout` or the
   * session's `endsAt` (at most 400 days, the limit of browsers). In both cases the database decides when the session
   * ends.
   *
   * @default true
   */
  readonly persistent?: boolean | undefined;
  /**
   * Cookies that were used before this one, so that a new name, domain or path logs nobody out. They are read only if
   * a request has no token in the current cookie, and are never set. `start()`, `regenerate()` and `end()` clear those
   * that the request sent. docs/deploying.md describes the two deployments that a new name needs.
   *
   * @default []
   */
  readonly previous?: readonly PreviousSessionCookie[] | undefined;
}

/** `SessionCookieOptions` with its defaults, checked. */
export interface ResolvedCookieOptions {
  readonly name: string;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
  readonly path: string;
  readonly domain: string | undefined;
  readonly persistent: boolean;
  readonly previous: readonly ResolvedPreviousCookie[];
}

const NAMES = [
  'name',
  'httpOnly',
  'secure',
  'sameSite',
  'path',
  'domain',
  'persistent',
  'previous',
] as const satisfies readonly (keyof SessionCookieOptions)[];

/**
 * @param kind the kind of sessions that the cookie is for
 * @throws SessionsConfigurationError
 */
export function resolveCookieOptions(
  options: SessionCookieOptions = {},
  kind: string = DEFAULT_KIND,
): ResolvedCookieOptions {
  const own = ownOptions('cookie', options, NAMES);
  const { httpOnly = true, secure = true, sameSite = 'lax' } = own;
  const { persistent = true, previous = [], path: givenPath = '/' } = own;
  const path = checkCookiePath('cookie.path', givenPath);
  const domain = checkCookieDomain('cookie.domain', own.domain);
  const { name: givenName = defaultName(kind, secure, path, domain) } = own;
  const name = checkCookieName('cookie.name', givenName);
  const resolved = {
    name,
    httpOnly: checkBoolean('cookie.httpOnly', httpOnly),
    secure: checkBoolean('cookie.secure', secure),
    sameSite: checkOneOf('cookie.sameSite', sameSite, ['strict', 'lax', 'none']),
    path,
    domain,
    persistent: checkBoolean('cookie.persistent', persistent),
    previous: resolvePreviousCookies(previous, name),
  };
  checkPrefix(resolved);
  if (resolved.sameSite === 'none' && !secure) {
    throw new SessionsConfigurationError(
      "cookie.sameSite is 'none' and cookie.secure is false; browsers drop such a cookie. Set cookie.secure to true.",
    );
  }
  return resolved;
}

/** Returns what makes the cookie weaker than the default at this time, each with its option. */
export function weaknessesOf(cookie: ResolvedCookieOptions, now: number): string[] {
  const { name, httpOnly, secure, sameSite, domain, previous } = cookie;
  return [
    ...(secure ? [] : ['secure: false sends it over plain http']),
    ...(httpOnly ? [] : ['httpOnly: false shows it to scripts']),
    ...(sameSite === 'none' ? ["sameSite: 'none' sends it with requests of every site"] : []),
    ...(domain === undefined ? [] : ['domain gives it to other hosts']),
    ...(secure && prefixOf(name) === '' ? ['its name has no __Host- prefix'] : []),
    ...previousWeaknesses(previous, name, now),
  ];
}

function defaultName(
  kind: string,
  secure: boolean,
  path: string,
  domain: string | undefined,
): string {
  const name = nameOfKind(kind, 'id', () => `${kind}-id`);
  if (!secure) {
    return name;
  }
  return domain === undefined && path === '/' ? `__Host-${name}` : `__Secure-${name}`;
}

/** Browsers drop a cookie that breaks the rules of its prefix, whatever the case of the prefix. */
function checkPrefix({
  name,
  secure,
  httpOnly,
  path,
  domain,
}: Omit<ResolvedCookieOptions, 'previous'>): void {
  const prefix = prefixOf(name);
  if (prefix !== '' && !secure) {
    throw new SessionsConfigurationError(
      `A cookie named "${name}" must be secure. Set cookie.secure to true, ` +
        'or remove cookie.name: its default fits the other options.',
    );
  }
  if (prefix.startsWith('__host-') && (path !== '/' || domain !== undefined)) {
    throw new SessionsConfigurationError(
      `A cookie named "${name}" must have path "/" and no domain. Use a name that starts with "__Secure-", or remove cookie.name.`,
    );
  }
  if (prefix.endsWith('http-') && !httpOnly) {
    throw new SessionsConfigurationError(
      `A cookie named "${name}" must be httpOnly. Set cookie.httpOnly to true, ` +
        'or remove cookie.name: its default fits the other options.',
    );
  }
}
