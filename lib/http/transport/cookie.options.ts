import { checkBoolean, checkOneOf, ownOptions, invalidOption } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

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
   * @default '__Host-id'; '__Secure-id' with a `domain` or another `path`; 'id' with `secure: false`
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
   * Whether the browser keeps the cookie after it is closed, for the remaining time until `absoluteTimeout` (at most 400
   * days, the limit of browsers). In both cases the database decides when the session ends.
   *
   * @default true
   */
  readonly persistent?: boolean | undefined;
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
}

const NAMES = ['name', 'httpOnly', 'secure', 'sameSite', 'path', 'domain', 'persistent'] as const;

/** Characters of a cookie name, an RFC 9110 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]{1,128}$/;
/** Browsers ignore an attribute of more than 1024 bytes (RFC 6265bis, section 5.6). */
const PATH = /^\/[\x20-\x3a\x3d-\x7e]{0,1023}$/;
const DOMAIN =
  /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)+$/i;

/** @throws SessionsConfigurationError */
export function resolveCookieOptions(options: SessionCookieOptions = {}): ResolvedCookieOptions {
  const own = ownOptions('cookie', options, NAMES);
  const { httpOnly = true, secure = true, sameSite = 'lax' } = own;
  const { path = '/', domain, persistent = true } = own;
  if (typeof path !== 'string' || !PATH.test(path)) {
    throw invalidOption(
      'cookie.path',
      path,
      'a path that starts with "/", of at most 1024 characters',
    );
  }
  if (domain !== undefined && (typeof domain !== 'string' || !DOMAIN.test(domain))) {
    throw invalidOption('cookie.domain', domain, 'a domain name such as "example.com"');
  }
  const resolved = {
    name: own.name ?? defaultName(secure, path, domain),
    httpOnly: checkBoolean('cookie.httpOnly', httpOnly),
    secure: checkBoolean('cookie.secure', secure),
    sameSite: checkOneOf('cookie.sameSite', sameSite, ['strict', 'lax', 'none']),
    path,
    domain,
    persistent: checkBoolean('cookie.persistent', persistent),
  };
  checkName(resolved);
  if (resolved.sameSite === 'none' && !secure) {
    throw new SessionsConfigurationError(
      "cookie.sameSite is 'none' and cookie.secure is false; browsers drop such a cookie. Set cookie.secure to true.",
    );
  }
  return resolved;
}

/** Returns what makes the cookie weaker than the default, each with its option. */
export function weaknessesOf(cookie: ResolvedCookieOptions): string[] {
  const { name, httpOnly, secure, sameSite, domain } = cookie;
  return [
    ...(secure ? [] : ['secure: false sends it over plain http']),
    ...(httpOnly ? [] : ['httpOnly: false shows it to scripts']),
    ...(sameSite === 'none' ? ["sameSite: 'none' sends it along from every site"] : []),
    ...(domain === undefined ? [] : ['domain gives it to other hosts']),
    ...(secure && !/^__(?:Host|Http|Secure)-/i.test(name)
      ? ['its name has no __Host- prefix']
      : []),
  ];
}

function defaultName(secure: boolean, path: string, domain: string | undefined): string {
  if (!secure) {
    return 'id';
  }
  return domain === undefined && path === '/' ? '__Host-id' : '__Secure-id';
}

/** Checks the name. Browsers drop a cookie that breaks the rules of its prefix, whatever the case of the prefix. */
function checkName({ name, secure, httpOnly, path, domain }: ResolvedCookieOptions): void {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw invalidOption(
      'cookie.name',
      name,
      "a string of 1 to 128 letters, digits and characters of !#$%&'*+-.^_`|~ (RFC 6265)",
    );
  }
  const prefix = /^__(?:host-http|host|http|secure)-/i.exec(name)?.[0].toLowerCase() ?? '';
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
