import { SessionsConfigurationError } from '../../common/session-error.js';
import { withHeaders } from '../errors/response-headers.js';
import { headersSent, type SessionResponse } from '../http-types.js';
import { toHttpException } from '../errors/session-http.exception.js';
import type { CookieTransport } from '../transport/cookie.transport.js';

/** What the session of a request does to its answer: the cookie, and the headers of a refusal. */
export class ResponseWriter {
  readonly #response: SessionResponse;
  readonly #cookies: CookieTransport | undefined;

  /** @param cookies `undefined` where no cookie is ever set */
  constructor(response: SessionResponse, cookies: CookieTransport | undefined) {
    this.#response = response;
    this.#cookies = cookies;
  }

  /** Whether it is too late to set a header. */
  get isSent(): boolean {
    return headersSent(this.#response);
  }

  /** @throws SessionsConfigurationError where it is too late for this method of `CurrentSession` to set a cookie */
  requireUnsent(method: string): void {
    if (this.isSent) {
      throw new SessionsConfigurationError(
        `CurrentSession.${method}() ran after the response's headers were sent, too late to set the cookie. ` +
          `Call it before the response begins, and await it: await session.${method}(…).`,
      );
    }
  }

  /** Gives the client this token for `lifetime` milliseconds; whether it is now in a cookie. */
  giveToken(token: string, lifetime: number, persistent: boolean | undefined): boolean {
    this.#cookies?.write(this.#response, token, lifetime, persistent);
    return this.#cookies !== undefined;
  }

  /** Makes the browser forget its token, if it is not too late. */
  takeToken(): void {
    if (!this.isSent) {
      this.#cookies?.clear(this.#response);
    }
  }

  /** The result of `work`; its errors as what clients get. */
  async attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.failing(toHttpException(error));
    }
  }

  /** The exception, once the answer has the headers that belong to it. */
  failing(exception: unknown): unknown {
    return withHeaders(this.#response, exception);
  }
}
