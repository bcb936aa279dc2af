import { inspect } from 'node:util';
import { checkBoolean, ownOptions } from '../../common/checks.js';
import type { SessionChange } from '../../manager/data/session-change.js';
import type { OpenSession } from '../../manager/token/open-session.js';
import { updatedRecord } from '../../manager/operations/update.js';
import { upgradeLegacyToken } from './cookie-handover.js';
import type {
  ListedSession,
  RegenerateCurrentSessionOptions,
  StartSessionOptions,
} from './current-session.options.js';
import { deepFreeze } from './deep-freeze.js';
import type { RequestSessionContext } from './request-session-context.js';
import type { RequestTokens } from './request-tokens.js';
import { refused } from '../errors/session-http.exception.js';

/** The session of one request, as `@CurrentSession()` and `getCurrentSession()` give it. */
export class RequestSession<T = any> {
  readonly #context: RequestSessionContext<T>;
  readonly #tokens: RequestTokens<T>;
  /** The data that was frozen last. */
  #frozen: T | undefined;

  /** @internal */
  constructor(context: RequestSessionContext<T>, tokens: RequestTokens<T>) {
    this.#context = context;
    this.#tokens = tokens;
  }

  /** Whether the request has a live session. */
  get exists(): boolean {
    return this.#tokens.current !== undefined;
  }

  /** The session's public identifier, which is no secret; `undefined` where `exists` is false. */
  get id(): string | undefined {
    return this.#tokens.current?.record.id;
  }

  /** The session's data, frozen; `undefined` where `exists` is false. Change it with `update()`. */
  get data(): T | undefined {
    const data = this.#tokens.current?.record.data;
    if (data !== this.#frozen) {
      this.#frozen = deepFreeze(data);
    }
    return data;
  }

  /** When the session ends, if nothing renews it; `undefined` where `exists` is false. */
  get expiresAt(): Date | undefined {
    return this.#tokens.current?.record.expiresAt;
  }

  /**
   * Starts a session with this data and sets its cookie: the login. A session that the request came with is removed
   * first, so that every login gets a new token (OWASP ASVS 5.0, 7.2.4). A request with a bearer token gets no cookie.
   *
   * @returns the token, for clients that keep it themselves
   * @throws SessionsConfigurationError after the headers were sent, before any SQL; SessionHttpException
   */
  async start(data: T, options: StartSessionOptions = {}): Promise<string> {
    const known = ['expireTime', 'persistent'];
    const { expireTime, persistent } = ownOptions('start options', options, known);
    const { sessions, answer, client, requireAllowedOrigin } = this.#context;
    requireAllowedOrigin();
    answer.requireUnsent('start');
    checkBoolean('persistent', persistent ?? false);
    const session = await answer.attempt(async () => {
      const creation = { expireTime, client: client() };
      return (await sessions.create(data, creation, this.#tokens.endable)).open();
    });
    if (answer.isSent) {
      // Nobody would ever have its token.
      await answer.attempt(() => sessions.remove(session));
    }
    this.#adopt('start', session, persistent);
    return session.token;
  }

  /**
   * Replaces the session's data, or changes it so that no parallel request's change is lost, and renews the session. The
   * cookie stays as it is, unless it holds a legacy token (see `acceptLegacyTokens`): that is replaced.
   *
   * @example
   * ```ts
   * const { basket } = await session.update((data) => { data.basket.push(product); });
   * ```
   * @returns the new data
   * @throws SessionsConfigurationError where the data belongs to another user: `start()` a session for them;
   * SessionHttpException
   */
  update(change: SessionChange<T>): Promise<T>;
  update(data: T): Promise<T>;
  async update(update: T | SessionChange<T>): Promise<T> {
    const session = this.#require();
    const { sessions } = this.#context;
    const updated = await upgradeLegacyToken(this.#context, this.#tokens, session, (handOver) =>
      sessions.update(session, update, { sameUser: true, handOver }),
    );
    this.#tokens.refresh(session.record.id, (record) => updatedRecord(record, updated));
    this.#renewed(session.record.id);
    return updated.read();
  }

  /**
   * Guarantees the session `renewTimestamp` from now. The cookie stays as it is, unless it holds a legacy token (see
   * `acceptLegacyTokens`): that is replaced.
   *
   * @throws SessionHttpException
   */
  async renew(): Promise<void> {
    const session = this.#require();
    const { sessions } = this.#context;
    await upgradeLegacyToken(this.#context, this.#tokens, session, (handOver) =>
      sessions.renew(session, { allowExpired: false, handOver }),
    );
    this.#renewed(session.record.id);
  }

  /**
   * Gives the session a new token, in the cookie too where the old one came in it, and renews it; the old token is dead at
   * once, or can still read for `grace`. For a change of rights within one login.
   *
   * @returns the new token
   * @throws SessionsConfigurationError after the headers were sent, before any SQL; SessionHttpException
   */
  async regenerate(options: RegenerateCurrentSessionOptions<T> = {}): Promise<string> {
    const known = ['change', 'grace', 'persistent'];
    const { persistent, change, grace } = ownOptions('regenerate options', options, known);
    checkBoolean('persistent', persistent ?? false);
    const session = this.#require();
    const { id } = session.record;
    const { sessions, answer } = this.#context;
    answer.requireUnsent('regenerate');
    const { token, updated } = await answer.attempt(() =>
      sessions.regenerate(session, { change, grace }),
    );
    if (answer.isSent) {
      // Nobody would ever have the new token, and the old one must not get at what changed.
      await answer.attempt(() => sessions.remove(token));
    }
    if (this.id === id) {
      const record = updated ? updatedRecord(session.record, updated) : session.record;
      this.#adopt('regenerate', { ...token, status: 'live', record }, persistent);
      this.#renewed(id);
    }
    return token.token;
  }

  /**
   * The live sessions of this session's user, the newest first; this one alone where it has no user.
   *
   * @throws SessionHttpException
   */
  async list(): Promise<ListedSession[]> {
    const { record } = this.#require();
    const { sessions, answer } = this.#context;
    const { id, userId, createdAt, renewedAt, expiresAt, client } = record;
    const listed =
      userId === undefined
        ? [{ id, createdAt, renewedAt, expiresAt, client }]
        : await answer.attempt(() => sessions.ofUser.list(userId));
    return listed.map((summary) => ({ ...summary, current: summary.id === id }));
  }

  /**
   * Ends the session, then makes the browser forget its cookie: the logout. An expired session and one that a parallel
   * request has just given a new token are ended too; without any it only makes the browser forget a cookie of our name.
   *
   * @throws SessionHttpException where the database is away: the session may live on, so the cookie is kept
   */
  async end(): Promise<void> {
    const { sessions, answer, requireAllowedOrigin } = this.#context;
    requireAllowedOrigin();
    for (const token of this.#tokens.endable) {
      await answer.attempt(() => sessions.remove(token));
    }
    if (this.#tokens.inCookie) {
      answer.takeToken();
    }
    this.#tokens.clear();
  }

  /** What may be logged: `exists`, `id` and `expiresAt`. */
  toJSON(): object {
    return { exists: this.exists, id: this.id, expiresAt: this.expiresAt };
  }

  /** Shows in the console what `toJSON()` gives. */
  [inspect.custom](): object {
    return this.toJSON();
  }

  #require(): OpenSession<T> {
    this.#context.requireAllowedOrigin();
    const session = this.#tokens.current;
    if (!session) {
      const { refusal, cause } = this.#tokens;
      const reason = refusal === 'damaged' ? refusal : 'missing';
      throw this.#context.answer.failing(refused(reason, cause));
    }
    return session;
  }

  #adopt(method: string, session: OpenSession<T>, persistent: boolean | undefined): void {
    const { sessions, answer } = this.#context;
    answer.requireUnsent(method);
    const lifetime = sessions.longestLifeOf(session.record);
    const inCookie = answer.giveToken(session.token, lifetime, persistent);
    this.#tokens.adopt(session, inCookie);
  }

  #renewed(id: string): void {
    this.#tokens.refresh(id, (record) => ({
      ...record,
      expiresAt: this.#context.sessions.expiryAfterRenewal(record),
    }));
  }
}
