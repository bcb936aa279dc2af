import type { Observable } from 'rxjs';
import { checkBoolean, ownOptions } from '../common/checks.js';
import { SessionNotFoundError } from '../common/session-error.js';
import type { SessionChange } from './data/session-change.js';
import type { SessionEvent } from './session-events.js';
import type { SessionService } from './session-service.js';
import type {
  CreateSessionOptions,
  RegenerateSessionOptions,
  RemoveExpiredSessionsOptions,
  RemoveSessionByIdOptions,
  RemoveUserSessionsOptions,
  RenewSessionOptions,
  UpdateSessionOptions,
} from './session-manager.options.js';
import type { SessionRecord, SessionSummary } from './session-record.js';
import type { ParsedToken } from './token/token.js';

/**
 * Creates, reads, changes and ends sessions: in requests, workers, cron jobs and scripts alike. Inject it by its class, or
 * get one from `init()`.
 *
 * Whatever is not a token of exactly the right form is *not found*, without a statement. Besides the errors named at each
 * method, every one throws `SessionStoreError` where the database is away, late or closed. Nothing that is written, no
 * update, renewal or rotation, brings back a session that was removed or has expired.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class BasketService {
 *   constructor(private readonly sessions: SessionManager<ShopSession>) {}
 * }
 * ```
 * @publicApi
 */
export class SessionManager<T = any> {
  /**
   * What happens to sessions in this process. A subscriber that throws is reported and hurts nobody. The stream ends with
   * `close()`.
   *
   * @example
   * ```ts
   * sessions.events$.subscribe((event) => audit.log(event.type, event.at));
   * ```
   */
  readonly events$: Observable<SessionEvent>;
  readonly #sessions: SessionService<T>;

  /** @internal */
  constructor(sessions: SessionService<T>) {
    this.#sessions = sessions;
    this.events$ = sessions.events$;
  }

  /**
   * Creates a session that lives for `expireTime` and returns its token, which is kept nowhere: only a hash of its
   * secret is stored.
   *
   * @throws SessionDataError, SessionDataTooLargeError, SessionLimitError, SessionsConfigurationError for wrong options
   */
  async createSession(data?: T, options: CreateSessionOptions = {}): Promise<string> {
    const own = ownOptions('createSession options', options, ['expireTime', 'userId', 'client']);
    return (await this.#sessions.create(data as T, own, [])).token;
  }

  /**
   * The session's data. Reading never writes, and is not activity.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async retrieveSession(token: string): Promise<T> {
    return await this.#sessions.verifier.retrieve(this.#parse(token));
  }

  /**
   * All that is known of the session but its token: public id, data, owner, dates, client, version.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async inspectSession(token: string): Promise<SessionRecord<T>> {
    return this.#sessions.verifier.inspect(this.#parse(token));
  }

  /**
   * Changes the session's data and renews it, so that no parallel writer's change is lost: `change` is applied to the
   * newest data, and again to newer where another writer came first.
   *
   * @example
   * ```ts
   * await sessions.updateSession(token, (data) => { data.basket.push(product); });
   * ```
   * @returns the new data
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError, SessionDataTooLargeError, and
   * SessionConflictError after a bounded number of tries, or for a token in its grace after a rotation; nothing was
   * written then
   */
  updateSession(
    token: string,
    change: SessionChange<T>,
    options?: UpdateSessionOptions,
  ): Promise<T>;
  /**
   * Replaces the session's data and renews it, in one statement; the last writer wins.
   *
   * @returns the new data; `undefined` is stored and returned as `null`
   * @throws as above, but for the tries
   */
  updateSession(token: string, data: T, options?: UpdateSessionOptions): Promise<T>;
  async updateSession(
    token: string,
    update: T | SessionChange<T>,
    options: UpdateSessionOptions = {},
  ): Promise<T> {
    const own = ownOptions('updateSession options', options, ['sameUser']);
    const sameUser = checkBoolean('sameUser', own.sameUser ?? false);
    const { result } = await this.#sessions.update(this.#parse(token), update, { sameUser });
    return result.read();
  }

  /**
   * Guarantees the session `renewTimestamp` from now, never past `absoluteTimeout`, and never shortens it. An expired
   * one is renewed only with `allowExpired: true`.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionConflictError for a token in its grace
   */
  async renewSession(token: string, options: RenewSessionOptions = {}): Promise<true> {
    const own = ownOptions('renewSession options', options, ['allowExpired']);
    const allowExpired = checkBoolean('allowExpired', own.allowExpired ?? false);
    await this.#sessions.renew(this.#parse(token), { allowExpired });
    return true;
  }

  /**
   * Gives the session a new token and renews it, in one statement: same session and public id, new secret, data changed at
   * the same moment. The old token is dead at once, as a change of rights needs it (OWASP ASVS 5.0, 7.2.4), or can still
   * read for `grace`, as a rotation from time to time does.
   *
   * @example
   * ```ts
   * const fresh = await sessions.regenerateSession(token, { change: (data) => { data.role = 'admin'; } });
   * ```
   * @returns the new token
   * @throws SessionNotFoundError, SessionExpiredError, SessionConflictError for a token that is itself in its grace
   */
  async regenerateSession(
    token: string,
    options: RegenerateSessionOptions<T> = {},
  ): Promise<string> {
    const own = ownOptions('regenerateSession options', options, ['change', 'grace']);
    const regenerated = await this.#sessions.regenerate(this.#parse(token), own);
    return regenerated.token.token;
  }

  /**
   * Ends the session, also by a token that was rotated out in the last minute or is in its grace. `true` too where it is
   * gone already, or the token is malformed or was rotated out earlier.
   */
  async removeSession(token: string): Promise<true> {
    const parsed = this.#sessions.verifier.parse(token);
    await (parsed && this.#sessions.remove(parsed));
    return true;
  }

  /**
   * Deletes all sessions that have expired by now, batch by batch, beside live traffic and other instances.
   *
   * @returns how many were deleted
   */
  async removeExpiredSessions(options: RemoveExpiredSessionsOptions = {}): Promise<number> {
    return this.#sessions.removeExpired(options);
  }

  /**
   * The user's live sessions, the newest first, for a page "where you're signed in". No token or hash is among them.
   *
   * @throws SessionDataError for what can't be a user's id
   */
  async listSessions(userId: string | number | bigint): Promise<SessionSummary[]> {
    return this.#sessions.ofUser.list(userId);
  }

  /**
   * Ends the session of this public id: signs out one device. An id that comes from a client needs `userId` beside it.
   *
   * @returns 1, or 0 where there is no such session
   * @throws SessionDataError where `userId` is given and can't be a user's id, `undefined` among them
   */
  async removeSessionById(id: string, options: RemoveSessionByIdOptions = {}): Promise<number> {
    const own = ownOptions('removeSessionById options', options, ['userId']);
    return this.#sessions.ofUser.removeById(id, own);
  }

  /**
   * Ends all sessions of the user, but for one where `except` names it: signs out everywhere, or everywhere else.
   *
   * @example
   * ```ts
   * await sessions.removeUserSessions(userId, { except: session.id }); // on all other devices
   * ```
   * @returns how many were ended
   * @throws SessionDataError for what can't be a user's id, `null` and `undefined` among them
   */
  async removeUserSessions(
    userId: string | number | bigint,
    options: RemoveUserSessionsOptions = {},
  ): Promise<number> {
    const { except } = ownOptions('removeUserSessions options', options, ['except']);
    return this.#sessions.ofUser.remove(userId, except);
  }

  /**
   * Stops the background removal, refuses every later call with `SessionStoreError` and, where `init()` opened the
   * connection, closes it. In a Nest application the module does this at shutdown.
   */
  async close(): Promise<void> {
    await this.#sessions.close();
  }

  #parse(token: string): ParsedToken {
    const parsed = this.#sessions.verifier.parse(token);
    if (!parsed) {
      throw new SessionNotFoundError();
    }
    return parsed;
  }
}
