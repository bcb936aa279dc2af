import { invalidOption } from '../../common/checks.js';

/** Characters of a cookie name, an RFC 9110 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]{1,128}$/;
/** Browsers ignore an attribute of more than 1024 bytes (RFC 6265bis, section 5.6). */
const PATH = /^\/[\x20-\x3a\x3d-\x7e]{0,1023}$/;
const DOMAIN =
  /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)+$/i;

/** Returns the name of a cookie if it is valid. `option` names the option in the error. */
export function checkCookieName(option: string, name: unknown): string {
  if (typeof name !== 'string' || !TOKEN.test(name)) {
    throw invalidOption(
      option,
      name,
      "a string of 1 to 128 letters, digits and characters of !#$%&'*+-.^_`|~ (RFC 6265)",
    );
  }
  return name;
}

/** Returns the path of a cookie if it is valid. */
export function checkCookiePath(option: string, path: unknown): string {
  if (typeof path !== 'string' || !PATH.test(path)) {
    throw invalidOption(option, path, 'a path that starts with "/", of at most 1024 characters');
  }
  return path;
}

/** Returns the domain of a cookie if it is valid. `undefined` means only the host that sets the cookie. */
export function checkCookieDomain(option: string, domain: unknown): string | undefined {
  if (domain !== undefined && (typeof domain !== 'string' || !DOMAIN.test(domain))) {
    throw invalidOption(option, domain, 'a domain name such as "example.com"');
  }
  return domain;
}

/** Returns the prefix of a cookie's name for which browsers have rules, in lower case; an empty string if it has none. */
export function prefixOf(name: string): string {
  return /^__(?:host-http|host|http|secure)-/i.exec(name)?.[0].toLowerCase() ?? '';
}
