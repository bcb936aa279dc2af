import { stringifySetCookie } from 'cookie';
import { ownProperties } from '../../common/own-properties.js';
import { neverStore } from '../request/caching.js';
import type { SessionRequest, SessionResponse } from '../http-types.js';
import { PlainHttpWarning } from './plain-http-warning.js';
import { cookieValues } from './cookie-header.js';
import type { ResolvedCookieOptions } from './cookie.options.js';

/** Browsers keep a cookie for 400 days at most (RFC 6265bis, section 5.5). */
const MAX_AGE_S = 400 * 24 * 60 * 60;

/** Reads the session cookie of a request, and writes it to a response. */
export class CookieTransport {
  readonly #options: ResolvedCookieOptions;
  /** The name and `=`, with which our pairs in a Cookie header begin. */
  readonly #prefix: string;
  readonly #clearSiteData: string | undefined;
  readonly #plainHttp: PlainHttpWarning | undefined;

  /** @param clearSiteData value of the `Clear-Site-Data` header that is set when the cookie is cleared */
  constructor(options: ResolvedCookieOptions, clearSiteData: string | undefined) {
    this.#options = options;
    this.#prefix = `${options.name}=`;
    this.#clearSiteData = clearSiteData;
    this.#plainHttp = options.secure ? new PlainHttpWarning() : undefined;
  }

  /** Returns the different values of our cookie in a Cookie header, at most four. */
  read(header: string | string[] | undefined): string[] {
    return cookieValues([header].flat().join('; '), this.#prefix);
  }

  /**
   * Sets the cookie for `lifetime` milliseconds, or until the browser is closed. A persistent cookie has both Max-Age
   * and Expires: Java's CookieManager treats a cookie with only Max-Age as one of RFC 2965, and sends it back in
   * quotes. The client's clock ends the cookie, so Expires counts from the real time, not from the option `clock`.
   */
  write(
    request: SessionRequest,
    response: SessionResponse,
    token: string,
    lifetime: number,
    persistent: boolean | undefined,
  ): void {
    const maxAge = Math.min(Math.ceil(lifetime / 1000), MAX_AGE_S);
    const keep = persistent ?? this.#options.persistent;
    const expires = new Date(Date.now() + maxAge * 1000);
    this.#set(response, token, keep ? { maxAge, expires } : {});
    this.#plainHttp?.check(request);
  }

  /** Clears the cookie, and whatever `Clear-Site-Data` names. */
  clear(response: SessionResponse): void {
    this.#set(response, '', { maxAge: 0, expires: new Date(0) });
    if (this.#clearSiteData !== undefined) {
      response.header('clear-site-data', this.#clearSiteData);
    }
  }

  /** Sets the cookie: one Set-Cookie of our name per response, beside those of others (RFC 6265bis, section 4.1.1). */
  #set(
    response: SessionResponse,
    value: string,
    lifetime: { maxAge?: number; expires?: Date },
  ): void {
    const { name, persistent: _, domain, ...attributes } = this.#options;
    const cookie = stringifySetCookie(
      ownProperties({
        ...attributes,
        ...(domain !== undefined && { domain }),
        ...lifetime,
        name,
        value,
      }),
    );
    const present = [response.getHeader('set-cookie') ?? []].flat().map(String);
    const others = present.filter((other) => !other.startsWith(`${name}=`));
    response.removeHeader('set-cookie');
    response.header('set-cookie', [...others, cookie]);
    neverStore(response);
  }
}
