import { invalidOption, ownOptions } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { checkCookieDomain, checkCookieName, checkCookiePath, prefixOf } from './cookie-checks.js';

/**
 * A session cookie that was used before the current one, or that newer replicas of the application use. `name`, `domain`
 * and `path` are those with which it is set: browsers clear a cookie only by the same three (RFC 6265bis, section 5.7).
 *
 * @publicApi
 */
export interface PreviousSessionCookie {
  /** Name of the cookie. It must differ from the current name, since requests do not show a cookie's domain or path. */
  readonly name: string;
  /** Domain of the cookie. Default: only the host that set it. */
  readonly domain?: string | undefined;
  /**
   * Path of the cookie.
   *
   * @default '/'
   */
  readonly path?: string | undefined;
  /** From this moment on the cookie is ignored: a Date, or milliseconds since the Unix epoch. It is required. */
  readonly until: Date | number;
}

/** `PreviousSessionCookie` with its defaults, checked. */
export interface ResolvedPreviousCookie {
  readonly name: string;
  readonly domain: string | undefined;
  readonly path: string;
  /** Milliseconds since the Unix epoch. */
  readonly until: number;
}

const NAMES = [
  'name',
  'domain',
  'path',
  'until',
] as const satisfies readonly (keyof PreviousSessionCookie)[];

/**
 * @param currentName name of the current cookie
 * @throws SessionsConfigurationError
 */
export function resolvePreviousCookies(
  given: unknown,
  currentName: string,
): readonly ResolvedPreviousCookie[] {
  if (!Array.isArray(given)) {
    throw invalidOption('cookie.previous', given, 'an array of cookies that were used before');
  }
  return Array.from(given, (cookie: PreviousSessionCookie, index) =>
    resolvePreviousCookie(`cookie.previous[${index}]`, cookie, currentName),
  );
}

/** Returns a warning for each previous cookie that is still read and is protected less, or more, than the current one. */
export function previousWeaknesses(
  previous: readonly ResolvedPreviousCookie[],
  currentName: string,
  now: number,
): string[] {
  const current = protectionOf(currentName);
  return previous
    .filter(({ name, until }) => until > now && protectionOf(name) !== current)
    .map(({ name, until }) => {
      const end = new Date(until).toISOString();
      const setter =
        Math.max(current, protectionOf(name)) === 2 ? 'by other hosts' : 'over plain http';
      return protectionOf(name) < current
        ? `until ${end} its previous cookie "${name}" can be set ${setter}`
        : `until ${end} a cookie "${currentName}" that was set ${setter} hides the session in the previous cookie "${name}"`;
    });
}

function resolvePreviousCookie(
  option: string,
  given: PreviousSessionCookie,
  currentName: string,
): ResolvedPreviousCookie {
  const own = ownOptions(option, given, NAMES);
  const name = checkCookieName(`${option}.name`, own.name);
  const { path: givenPath = '/' } = own;
  const path = checkCookiePath(`${option}.path`, givenPath);
  const domain = checkCookieDomain(`${option}.domain`, own.domain);
  if (name === currentName) {
    throw new SessionsConfigurationError(
      `${option}.name is "${name}", the name of the current cookie. A request has only the name and the value of a ` +
        'cookie, so the two could not be distinguished. Set cookie.name to a new name.',
    );
  }
  if (prefixOf(name).startsWith('__host-') && (path !== '/' || domain !== undefined)) {
    throw new SessionsConfigurationError(
      `${option} is named "${name}", and browsers only keep such a cookie with path "/" and no domain. ` +
        `Remove ${option}.path and ${option}.domain.`,
    );
  }
  return { name, path, domain, until: checkMoment(`${option}.until`, own.until) };
}

function checkMoment(option: string, value: unknown): number {
  const moment = value instanceof Date ? value.getTime() : value;
  if (typeof moment !== 'number' || Number.isNaN(new Date(moment).getTime())) {
    throw invalidOption(option, value, 'a valid Date, or a number of milliseconds since 1970');
  }
  return moment;
}

/** Who can set a cookie of this name beside the application: nobody (2), other hosts over https (1), or anybody (0). */
function protectionOf(name: string): number {
  const prefix = prefixOf(name);
  return prefix.startsWith('__host-') ? 2 : prefix === '' ? 0 : 1;
}
