import { parseSetCookie } from 'cookie';

/** The host that the jar is for, over https. */
const HOST = 'shop.example.com';

interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** The cookies of a browser for one host, by section 5.7 of RFC 6265bis. */
export class CookieJar {
  readonly #cookies = new Map<string, StoredCookie>();

  /** Receives the headers of a response. */
  receive(headers: Headers): void {
    if (headers.get('clear-site-data')?.includes('"cookies"')) {
      this.#cookies.clear();
    }
    for (const text of headers.getSetCookie()) {
      const { name, value = '', maxAge, secure, path = '/', domain } = parseSetCookie(text);
      const isHostOnly = domain === undefined;
      const keepsPromise = name.startsWith('__Host-')
        ? secure && path === '/' && isHostOnly
        : secure || !name.startsWith('__Secure-');
      if (!keepsPromise || !(isHostOnly || HOST.endsWith(`.${domain}`))) {
        continue;
      }
      const key = JSON.stringify([name, domain, path]);
      this.#cookies.delete(key);
      if (maxAge === undefined || maxAge > 0) {
        this.#cookies.set(key, { name, value, path });
      }
    }
  }

  /** Returns the cookies that a request for this path has. */
  sentTo(path: string): { readonly name: string; readonly value: string }[] {
    return [...this.#cookies.values()].filter(
      (cookie) => cookie.path === '/' || path === cookie.path || path.startsWith(`${cookie.path}/`),
    );
  }
}
