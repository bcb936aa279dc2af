import { stringifySetCookie } from 'cookie';
import type { Clock } from '../../common/clock.js';
import type { SessionResponse } from '../http-types.js';
import { PlainHttpWarning } from '../plain-http-warning.js';
import type { ResolvedCookieOptions } from './cookie.options.js';

/** Most cookies of our name that are looked at, so that nobody makes one request cost many lookups. */
const MOST_COOKIES = 4;

/** Browsers keep a cookie for 400 days at most (RFC 6265bis, section 5.5). */
const LONGEST_MAX_AGE = 400 * 24 * 60 * 60;

/** Reads the session cookie of a request, and writes it to a response. */
export class CookieTransport {
  readonly #options: ResolvedCookieOptions;
  /** What a pair of ours in a Cookie header begins with. */
  readonly #prefix: string;
  readonly #clearSiteData: string | undefined;
  readonly #clock: Clock;
  readonly #plainHttp: PlainHttpWarning | undefined;

  /** @param clearSiteData value of the header that goes along when the cookie is cleared */
  constructor(options: ResolvedCookieOptions, clearSiteData: string | undefined, clock: Clock) {
    this.#options = options;
    this.#prefix = `${options.name}=`;
    this.#clearSiteData = clearSiteData;
    this.#clock = clock;
    this.#plainHttp = options.secure ? new PlainHttpWarning() : undefined;
  }

  /**
   * The different values of our cookie in a Cookie header, in its order, at most four. Read from the header itself: the
   * order of cookies of one name means nothing, and parsers keep one of them, decode it, or make objects of it.
   */
  read(header: string | string[] | undefined): string[] {
    const values = new Set<string>();
    for (const pair of [header].flat().join('; ').split(';', 1000)) {
      const trimmed = pair.trim();
      if (trimmed.startsWith(this.#prefix) && values.size < MOST_COOKIES) {
        values.add(trimmed.slice(this.#prefix.length));
      }
    }
    return [...values];
  }

  /**
   * Sets the cookie for `lifetime` milliseconds, or until the browser is closed. A persistent cookie has both Max-Age and
   * Expires: Java's CookieManager takes a cookie with Max-Age alone for one of RFC 2965, and sends it back in quotes.
   */
  write(response: SessionResponse, token: string, lifetime: number, persistent?: boolean): void {
    const maxAge = Math.min(Math.ceil(lifetime / 1000), LONGEST_MAX_AGE);
    const keep = persistent ?? this.#options.persistent;
    const expires = new Date(this.#clock.now() + maxAge * 1000);
    this.#set(response, token, keep ? { maxAge, expires } : {});
    this.#plainHttp?.check((response.req ?? response.request)!);
  }

  /** Makes the browser forget the cookie, and whatever else it is told to. */
  clear(response: SessionResponse): void {
    this.#set(response, '', { maxAge: 0, expires: new Date(0) });
    if (this.#clearSiteData !== undefined) {
      response.header('clear-site-data', this.#clearSiteData);
    }
  }

  /** One Set-Cookie of our name per response, beside those of others (RFC 6265bis, section 4.1.1). */
  #set(
    response: SessionResponse,
    value: string,
    lifetime: { maxAge?: number; expires?: Date },
  ): void {
    const { name, persistent: _, domain, ...attributes } = this.#options;
    const cookie = stringifySetCookie(name, value, {
      ...attributes,
      ...(domain !== undefined && { domain }),
      ...lifetime,
    });
    const present = [response.getHeader('set-cookie') ?? []].flat().map(String);
    const others = present.filter((other) => !other.startsWith(`${name}=`));
    response.removeHeader('set-cookie');
    response.header('set-cookie', [...others, cookie]);
    response.header('cache-control', 'no-store');
  }
}
