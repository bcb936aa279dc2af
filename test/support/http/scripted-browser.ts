import { parseSetCookie } from 'cookie';

/** A response that has been sent and not yet received. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly setCookies: readonly string[];
}

/**
 * A browser on localhost: keeps cookies by the rules of RFC 6265bis, and receives responses in the order that a test
 * chooses, whatever the order in which they were sent.
 */
export class ScriptedBrowser {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(port: number) {
    this.#origin = `http://127.0.0.1:${port}`;
  }

  /** The cookies of the next request. */
  get cookies(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Sends a request; its response is still on the way when this returns. */
  async send(target: string, form?: Record<string, string>): Promise<Answer> {
    const [method, path] = target.split(' ');
    const answer = await fetch(this.#origin + path, {
      method: method!,
      headers: { cookie: this.cookies, origin: this.#origin, 'sec-fetch-site': 'same-origin' },
      ...(form && { body: new URLSearchParams(form) }),
    });
    const setCookies = answer.headers.getSetCookie();
    return { status: answer.status, body: await answer.text(), setCookies };
  }

  /** Receives a response, with its cookies. */
  receive({ setCookies }: Answer): void {
    for (const text of setCookies) {
      const { name, value = '', maxAge, secure, path, domain } = parseSetCookie(text);
      const breaksPromise = name.startsWith('__Host-') && (!secure || path !== '/' || domain);
      if (maxAge === 0) {
        this.#cookies.delete(name);
      } else if (!breaksPromise) {
        this.#cookies.set(name, value);
      }
    }
  }

  /** Sends a request and receives its response before anything else. */
  async load(target: string, form?: Record<string, string>): Promise<Answer> {
    const answer = await this.send(target, form);
    this.receive(answer);
    return answer;
  }
}
