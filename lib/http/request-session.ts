import { inspect } from 'node:util';
import { SessionsConfigurationError } from '../common/session-error.js';
import type { SessionChange } from '../manager/session-change.js';
import type { SessionManager } from '../manager/session-manager.js';
import type { SessionClient, SessionRecord } from '../manager/session-record.js';
import { deepFreeze } from './deep-freeze.js';
import { headersSent, type SessionResponse } from './http-types.js';
import { SessionHttpException, toHttpException } from './session-http.exception.js';
import type { CookieTransport } from './transport/cookie.transport.js';

/** @publicApi */
export interface StartSessionOptions {
  /** Milliseconds that this session lives; at most `absoluteTimeout`. Default: `expireTime` of the module. */
  readonly expireTime?: number | undefined;
  /** Whether the cookie outlives the browser ("remember me"). Default: `cookie.persistent` of the module. */
  readonly persistent?: boolean | undefined;
}

/** A session with the token that got to it. */
export interface OpenSession<T> {
  readonly token: string;
  readonly record: SessionRecord<T>;
}

/** What a `RequestSession` works with. */
export interface RequestSessionContext<T> {
  readonly manager: SessionManager<T>;
  /** `undefined` where no cookie is ever set. */
  readonly cookies: CookieTransport | undefined;
  readonly response: SessionResponse;
  readonly client: SessionClient;
}

/** The session of one request, as `@CurrentSession()` and `getCurrentSession()` give it. */
export class RequestSession<T = any> {
  readonly #context: RequestSessionContext<T>;
  /** The sessions that the request's tokens open: it has one where there is exactly one. */
  #open: readonly OpenSession<T>[];
  #refusal: SessionHttpException;
  #hasCookie: boolean;

  /** @internal */
  constructor(
    context: RequestSessionContext<T>,
    open: readonly OpenSession<T>[],
    refusal: SessionHttpException,
    hasCookie: boolean,
  ) {
    this.#context = context;
    this.#open = open;
    this.#refusal = refusal;
    this.#hasCookie = hasCookie;
  }

  /** Whether the request has a live session. */
  get exists(): boolean {
    return this.#current !== undefined;
  }

  /** The session's public identifier, which is no secret; `undefined` where `exists` is false. */
  get id(): string | undefined {
    return this.#current?.record.id;
  }

  /** The session's data, frozen; `undefined` where `exists` is false. Change it with `update()`. */
  get data(): T | undefined {
    return deepFreeze(this.#current?.record.data);
  }

  /** When the session ends, if nothing renews it; `undefined` where `exists` is false. */
  get expiresAt(): Date | undefined {
    return this.#current?.record.expiresAt;
  }

  /**
   * Starts a session with this data and sets its cookie: the login. A session that the request came with is removed
   * first, so that every login gets a new token (OWASP ASVS 5.0, 7.2.4).
   *
   * @returns the token, for clients that keep it themselves
   * @throws SessionsConfigurationError after the headers were sent, before any SQL; SessionHttpException
   */
  async start(data: T, { expireTime, persistent }: StartSessionOptions = {}): Promise<string> {
    const { manager, cookies, response, client } = this.#context;
    this.#requireUnsentHeaders('start');
    const replaced = this.#open.map(({ token }) => token);
    const session = await this.#attempt(() =>
      manager.startSession(data, { expireTime, client }, replaced),
    );
    this.#open = [session];
    cookies?.write(response, session.token, manager.longestLifeOf(session.record), persistent);
    this.#hasCookie = cookies !== undefined;
    return session.token;
  }

  /**
   * Replaces the session's data, or changes it so that no parallel request's change is lost, and renews the session.
   *
   * @example
   * ```ts
   * const { basket } = await session.update((data) => { data.basket.push(product); });
   * ```
   * @returns the new data
   * @throws SessionsConfigurationError where the data belongs to another user: `start()` a session for them;
   * SessionHttpException
   */
  async update(update: T | SessionChange<T>): Promise<T> {
    const { token, record } = this.#require();
    const data = await this.#attempt(() =>
      this.#context.manager.updateSession(token, update as T, { sameUser: true }),
    );
    this.#renewed({ token, record: { ...record, data: JSON.parse(JSON.stringify(data)) as T } });
    return data;
  }

  /**
   * Guarantees the session `renewTimestamp` from now. The cookie stays as it is.
   *
   * @throws SessionHttpException
   */
  async renew(): Promise<void> {
    const session = this.#require();
    await this.#attempt(() => this.#context.manager.renewSession(session.token));
    this.#renewed(session);
  }

  /**
   * Ends the session, then makes the browser forget its cookie: the logout. Does nothing where there is no session.
   *
   * @throws SessionHttpException where the database is away: the session may live on, so the cookie is kept
   */
  async end(): Promise<void> {
    const { manager, cookies, response } = this.#context;
    for (const { token } of this.#open) {
      await this.#attempt(() => manager.removeSession(token));
    }
    this.#open = [];
    this.#refusal = new SessionHttpException('SESSION_MISSING');
    if (this.#hasCookie && !headersSent(response)) {
      cookies?.clear(response);
    }
  }

  toJSON(): object {
    return { exists: this.exists, id: this.id, expiresAt: this.expiresAt };
  }

  [inspect.custom](): object {
    return this.toJSON();
  }

  /**
   * The token that the request came with or that it was given since.
   *
   * @internal
   */
  get token(): string | undefined {
    return this.#current?.token;
  }

  /**
   * Refuses the request where it has no live session: with *missing*, *not found* or *expired*.
   *
   * @internal
   */
  requireLive(): void {
    if (!this.exists) {
      throw this.#answering(this.#refusal);
    }
  }

  /**
   * Renews the session where that is due, as it has just been used.
   *
   * @internal
   */
  async renewIfDue(): Promise<void> {
    const session = this.#current;
    if (session) {
      const { token, record } = session;
      const expiresAt = await this.#context.manager.renewIfDue(token, record);
      this.#open = [{ token, record: { ...record, expiresAt } }];
    }
  }

  get #current(): OpenSession<T> | undefined {
    return this.#open.length === 1 ? this.#open[0] : undefined;
  }

  #require(): OpenSession<T> {
    if (!this.#current) {
      throw this.#answering(new SessionHttpException('SESSION_MISSING'));
    }
    return this.#current;
  }

  #renewed({ token, record }: OpenSession<T>): void {
    const expiresAt = this.#context.manager.expiryAfterRenewal(record);
    this.#open = [{ token, record: { ...record, expiresAt } }];
  }

  #requireUnsentHeaders(method: string): void {
    if (headersSent(this.#context.response)) {
      throw new SessionsConfigurationError(
        `CurrentSession.${method}() was called after the response's headers were sent, too late to set the cookie. ` +
          'Call it before the response begins.',
      );
    }
  }

  async #attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.#answering(toHttpException(error));
    }
  }

  #answering(exception: unknown): unknown {
    return withHeaders(this.#context.response, exception);
  }
}

/** Sets the headers that belong to an exception, since Nest sends only its status and body; returns the exception. */
export function withHeaders(response: SessionResponse, exception: unknown): unknown {
  if (exception instanceof SessionHttpException && !headersSent(response)) {
    for (const [name, value] of Object.entries(exception.headers)) {
      response.header(name, value);
    }
  }
  return exception;
}
