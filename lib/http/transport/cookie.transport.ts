import type { SessionRequest, SessionResponse } from '../http-types.js';
import { PlainHttpWarning } from './plain-http-warning.js';
import { cookieValues } from './cookie-header.js';
import type { ResolvedCookieOptions } from './cookie.options.js';
import { prefixOf } from './cookie-checks.js';
import { CLEARED, setCookies, type CookieToSet } from './set-cookie.js';
import type { ResolvedPreviousCookie } from './previous-cookie.options.js';

/** Browsers keep a cookie for 400 days at most (RFC 6265bis, section 5.5). */
const MAX_AGE_S = 400 * 24 * 60 * 60;

/** Maximum number of values of previous cookies that count, so that one request can't cause many lookups. */
const MAX_PREVIOUS_VALUES = 4;

/** The previous cookies that a request sent. */
export interface SentPreviousCookies {
  /** Their different values, at most four. */
  readonly values: readonly string[];
  readonly cookies: readonly ResolvedPreviousCookie[];
}

/** Reads the session cookie of a request, and writes it to a response. */
export class CookieTransport {
  readonly #options: ResolvedCookieOptions;
  /** The name and `=`: how a pair of this cookie begins in a Cookie header. */
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

  /** Returns the different values of the cookie in a Cookie header, at most four. */
  read(header: string | string[] | undefined): string[] {
    return cookieValues(joined(header), this.#prefix);
  }

  /** Returns the previous cookies that a Cookie header has, without those whose `until` has passed. */
  readPrevious(header: string | string[] | undefined, now: number): SentPreviousCookies {
    const sent = this.#options.previous
      .filter(({ until }) => until > now)
      .map((cookie) => ({ cookie, values: cookieValues(joined(header), `${cookie.name}=`) }))
      .filter(({ values }) => values.length > 0);
    return {
      values: [...new Set(sent.flatMap(({ values }) => values))].slice(0, MAX_PREVIOUS_VALUES),
      cookies: sent.map(({ cookie }) => cookie),
    };
  }

  /**
   * Sets the cookie for `lifetime` milliseconds, or until the browser is closed, and clears the previous ones.
   *
   * A persistent cookie has both Max-Age and Expires: Java's CookieManager treats a cookie with only Max-Age as one of
   * RFC 2965, and sends it back in quotes. The client's clock ends the cookie, so Expires counts from the real time, not
   * from the option `clock`.
   */
  write(
    request: SessionRequest,
    response: SessionResponse,
    token: string,
    lifetime: number,
    persistent: boolean | undefined,
    previous: SentPreviousCookies,
  ): void {
    const maxAge = Math.min(Math.ceil(lifetime / 1000), MAX_AGE_S);
    const keep = persistent ?? this.#options.persistent;
    const expires = new Date(Date.now() + maxAge * 1000);
    this.#set(response, token, keep ? { maxAge, expires } : {}, previous);
    this.#plainHttp?.check(request);
  }

  /** Clears the cookie, the previous ones, and whatever `Clear-Site-Data` names. */
  clear(response: SessionResponse, previous: SentPreviousCookies): void {
    this.#set(response, '', CLEARED, previous);
    if (this.#clearSiteData !== undefined) {
      response.header('clear-site-data', this.#clearSiteData);
    }
  }

  /** Sets the cookie, and clears the previous ones. */
  #set(
    response: SessionResponse,
    value: string,
    lifetime: { maxAge?: number; expires?: Date },
    { cookies: previous }: SentPreviousCookies,
  ): void {
    const { name, domain, path, secure, httpOnly, sameSite } = this.#options;
    setCookies(response, [
      { name, domain, path, secure, httpOnly, sameSite, value, ...lifetime },
      ...previous.map((cookie) => this.#cleared(cookie)),
    ]);
  }

  /** Returns the cookie that clears a previous one. It must obey the rules of its prefix, or browsers ignore it. */
  #cleared({ name, domain, path }: ResolvedPreviousCookie): CookieToSet {
    const secure = this.#options.secure || prefixOf(name) !== '';
    const { sameSite } = this.#options;
    return { name, domain, path, secure, httpOnly: true, sameSite, value: '', ...CLEARED };
  }
}

/** Some servers keep several Cookie headers apart. */
export const joined = (header: string | string[] | undefined): string => [header].flat().join('; ');
