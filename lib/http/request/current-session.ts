import type { EndSessionOptions, ListSessionsOptions } from '../../manager/call.options.js';
import type { SessionChange } from '../../manager/data/session-change.js';
import type { SessionActor, SessionClient, SessionDevice } from '../../manager/session-record.js';
import type {
  ActAsOptions,
  ListedSession,
  ConfirmCurrentSessionOptions,
  RegenerateCurrentSessionOptions,
  RenewCurrentSessionOptions,
  StartSessionOptions,
  StopActingOptions,
} from './current-session.options.js';

/** The members of `CurrentSession`. */
export interface CurrentSessionMembers<T = any> {
  /** Whether the request has a live session. */
  readonly exists: boolean;

  /** The session's public identifier, which is no secret; `undefined` if `exists` is `false`. */
  readonly id: string | undefined;

  /** The session's data, frozen; `undefined` if `exists` is `false`. Change it with `update()`. */
  readonly data: T | undefined;

  /** Id of the user who owns the session, as a string; `undefined` if it has none, or `exists` is `false`. */
  readonly userId: string | undefined;

  /** The agent who acts as the user in this session (`actAs()`); `undefined` in all others, or if `exists` is `false`. */
  readonly actor: SessionActor | undefined;

  /** When the session was created; `undefined` if `exists` is `false`. */
  readonly createdAt: Date | undefined;

  /** When the session was last renewed, `createdAt` if it never was; `undefined` if `exists` is `false`. */
  readonly renewedAt: Date | undefined;

  /**
   * When the user last proved who they are, by `start()` or `confirm()`; `undefined` if nothing noted it, or `exists` is
   * `false`.
   */
  readonly confirmedAt: Date | undefined;

  /** When the session ends, if nothing renews it; `undefined` if `exists` is `false`. */
  readonly expiresAt: Date | undefined;

  /** Where the session was started from; `undefined` if `exists` is `false`. */
  readonly client: SessionClient | undefined;

  /** Whether the session is bound to the browser of the request (option `deviceBound`); `undefined` if `exists` is `false`. */
  readonly device: SessionDevice | undefined;

  /**
   * Starts a session with this data and sets its cookie: the login. It replaces the session that the request came with,
   * so that every login gets a new token (OWASP ASVS 5.0, 7.2.4). If the session has a user, it is fresh
   * (`@RequireFresh()`). A request with a bearer token of this library gets no cookie. Cookies of `cookie.previous` that the
   * request sent are cleared, here and by `regenerate()` and `end()`. With `carry`, the new session gets values of the
   * replaced one in the same transaction (docs/visitors.md).
   *
   * @example
   * ```ts
   * await session.start({ userId: user.id }, { carry: ['basket'] });
   * ```
   * @returns the token, for clients that keep it themselves
   * @throws SessionsConfigurationError if the headers are already sent, or `@AllowCrossOrigin()` let the request in, before
   * any SQL; SessionHttpException
   */
  start(data: T, options?: StartSessionOptions<T>): Promise<string>;

  /**
   * Changes the session's data and renews the session. No change of a parallel request is lost. The cookie stays the
   * same, unless it holds a legacy token (see `acceptLegacyTokens`), which is replaced.
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
   * Replaces the session's data and renews the session. The cookie stays the same, unless it holds a legacy token (see
   * `acceptLegacyTokens`), which is replaced.
   *
   * @returns the new data
   * @throws SessionsConfigurationError if the data belongs to another user: `start()` a session for them;
   * SessionHttpException
   */
  update(data: T): Promise<T>;

  /**
   * Extends the session to `renewTimestamp` from now (its own `expireTime` if that is shorter or `rolling` is set), never
   * past `absoluteTimeout` or its own `endsAt`. With `expireTime` it gets this lifetime instead, which can also shorten
   * it. The cookie stays the same, unless it holds a legacy token (see `acceptLegacyTokens`), which is replaced.
   *
   * @throws SessionHttpException; SessionsConfigurationError for wrong options
   */
  renew(options?: RenewCurrentSessionOptions): Promise<void>;

  /**
   * Gives the session a new token and renews the session, for a change of rights within one login. If the old token
   * came in the cookie, the cookie is set too. The old token loses access at once, or can still read for `grace`.
   *
   * @returns the new token
   * @throws SessionsConfigurationError if the headers are already sent, before any SQL; SessionHttpException
   */
  regenerate(options?: RegenerateCurrentSessionOptions<T>): Promise<string>;

  /**
   * Notes that the user has just proved who they are, by a password or a passkey that you have checked, for routes with
   * `@RequireFresh()`. It gives the session a new token, as `regenerate()` does, and the old one loses access at once: a
   * copy of it is useless.
   *
   * @example
   * ```ts
   * await this.users.verify(session.userId, password);
   * await session.confirm();
   * ```
   * @returns the new token
   * @throws SessionsConfigurationError if the headers are already sent, before any SQL; SessionHttpException
   */
  confirm(options?: ConfirmCurrentSessionOptions<T>): Promise<string>;

  /**
   * Lets the user of this session, an agent, act as another user, whom the data names. The request gets a new session of that
   * user, with `actor`. The agent's own session waits without a token until `stopActing()`; its end ends the new one too. In an
   * acting session `start()`, `confirm()` and `actAs()` are refused, and it is never fresh. Check first that the agent may do
   * this (docs/acting.md).
   *
   * @example
   * ```ts
   * await session.actAs({ userId: customer.id }, { for: 10 * 60_000 });
   * ```
   * @returns the token of the new session
   * @throws SessionsConfigurationError if this session has no user, the data names none, the option `deviceBound` is on, or the
   * headers are already sent; SessionHttpException
   */
  actAs(data: T, options?: ActAsOptions): Promise<string>;

  /**
   * Ends the acting session, and gives the request the agent's own session with a new token. It also works after the acting
   * session has expired or was ended by somebody else, as long as its row is there: put `@OptionalSession()` on the route. If
   * the session is not an acting one, this does nothing.
   *
   * @returns the token of the agent's session
   * @throws SessionHttpException if the agent's session has ended; SessionsConfigurationError if the headers are already sent
   */
  stopActing(options?: StopActingOptions): Promise<string>;

  /**
   * Returns the live sessions of this session's user, the newest first and at most 100 unless `limit` says otherwise. If
   * it has no user, this returns only this session.
   *
   * @throws SessionHttpException
   */
  list(options?: ListSessionsOptions): Promise<ListedSession[]>;

  /**
   * Ends the session, then clears its cookie: the logout. In an acting session it also ends that of the agent. It also ends
   * an expired session, and one that a parallel request has just given a new token. Without a session it only clears the
   * cookie, if the request has one. A later request with the token gets `SESSION_ENDED` with the `reason`, by default
   * `logout`.
   *
   * @example
   * ```ts
   * await session.end({ reason: 'account-closed' }); // a word of SessionEndReasons
   * ```
   * @throws SessionHttpException if the database is unavailable: the session may still be live, so the cookie stays;
   * SessionsConfigurationError for wrong options
   */
  end(options?: EndSessionOptions): Promise<void>;

  /** Returns what may be logged: `exists`, `id` and `expiresAt`, and `actor` in an acting session. */
  toJSON(): object;
}
