import type { ListSessionsOptions } from '../../manager/call.options.js';
import type { SessionChange } from '../../manager/data/session-change.js';
import type {
  ListedSession,
  RegenerateCurrentSessionOptions,
  StartSessionOptions,
} from './current-session.options.js';

/** What `CurrentSession` offers to handlers. */
export interface CurrentSessionMembers<T = any> {
  /** Whether the request has a live session. */
  readonly exists: boolean;

  /** The session's public identifier, which is no secret; `undefined` where `exists` is false. */
  readonly id: string | undefined;

  /** The session's data, frozen; `undefined` where `exists` is false. Change it with `update()`. */
  readonly data: T | undefined;

  /** When the session ends, if nothing renews it; `undefined` where `exists` is false. */
  readonly expiresAt: Date | undefined;

  /**
   * Starts a session with this data and sets its cookie: the login. A session that the request came with is removed
   * first, so that every login gets a new token (OWASP ASVS 5.0, 7.2.4). A request with a bearer token gets no cookie.
   *
   * @returns the token, for clients that keep it themselves
   * @throws SessionsConfigurationError after the headers were sent, before any SQL; SessionHttpException
   */
  start(data: T, options?: StartSessionOptions): Promise<string>;

  /**
   * Changes the session's data so that no parallel request's change is lost, and renews the session. The cookie stays as it
   * is, unless it holds a legacy token (see `acceptLegacyTokens`): that is replaced.
   *
   * @example
   * ```ts
   * const { basket } = await session.update((data) => { data.basket.push(product); });
   * ```
   * @returns the new data
   * @throws SessionsConfigurationError if the data belongs to another user: `start()` a session for them;
   * SessionHttpException
   */
  update(change: SessionChange<T>): Promise<T>;
  /**
   * Replaces the session's data, and renews the session. The cookie stays as it is, as above.
   *
   * @returns the new data
   * @throws as above
   */
  update(data: T): Promise<T>;

  /**
   * Guarantees the session `renewTimestamp` from now. The cookie stays as it is, unless it holds a legacy token (see
   * `acceptLegacyTokens`): that is replaced.
   *
   * @throws SessionHttpException
   */
  renew(): Promise<void>;

  /**
   * Gives the session a new token, in the cookie too where the old one came in it, and renews it; the old token is dead at
   * once, or can still read for `grace`. For a change of rights within one login.
   *
   * @returns the new token
   * @throws SessionsConfigurationError after the headers were sent, before any SQL; SessionHttpException
   */
  regenerate(options?: RegenerateCurrentSessionOptions<T>): Promise<string>;

  /**
   * Returns the live sessions of this session's user, the newest first and at most 100 unless `limit` says otherwise. If it
   * has no user, that is this session alone.
   *
   * @throws SessionHttpException
   */
  list(options?: ListSessionsOptions): Promise<ListedSession[]>;

  /**
   * Ends the session, then makes the browser forget its cookie: the logout. An expired session and one that a parallel
   * request has just given a new token are ended too; without any it only makes the browser forget a cookie of our name.
   *
   * @throws SessionHttpException where the database is away: the session may live on, so the cookie is kept
   */
  end(): Promise<void>;

  /** What may be logged: `exists`, `id` and `expiresAt`. */
  toJSON(): object;
}
