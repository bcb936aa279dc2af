import { stringifySetCookie, type SetCookie } from 'cookie';
import { ownProperties } from '../../common/own-properties.js';
import type { SessionResponse } from '../http-types.js';
import { neverStore } from '../request/caching.js';

/** The attributes that clear a cookie. */
export const CLEARED = { maxAge: 0, expires: new Date(0) };

/** The attributes of a Set-Cookie; without a `domain`, only the host that sets the cookie gets it. */
export type CookieToSet = Omit<SetCookie, 'domain'> & { readonly domain: string | undefined };

/** Sets cookies. They replace those of the same name in this response (RFC 6265bis, section 4.1.1); others stay. */
export function setCookies(response: SessionResponse, cookies: readonly CookieToSet[]): void {
  const present = [response.getHeader('set-cookie') ?? []].flat().map(String);
  const others = present.filter(
    (other) => !cookies.some(({ name }) => other.startsWith(`${name}=`)),
  );
  response.removeHeader('set-cookie');
  response.header('set-cookie', [...others, ...cookies.map(format)]);
  neverStore(response);
}

function format({ domain, ...cookie }: CookieToSet): string {
  return stringifySetCookie(
    ownProperties({ ...cookie, ...(domain !== undefined && { domain }) }) as SetCookie,
  );
}
