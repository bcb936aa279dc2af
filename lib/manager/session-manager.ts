import type { Observable } from 'rxjs';
import { checkBoolean, invalidOption, ownOptions } from '../common/checks.js';
import { SessionNotFoundError } from '../common/session-error.js';
import type { SessionChange } from './data/session-change.js';
import type { SessionEvent } from './session-events.js';
import type { SessionService } from './session-service.js';
import {
  CREATION_OPTIONS,
  type CreateSessionOptions,
  type EndSessionOptions,
  type OwnerReassignment,
  type ReassignOwnersOptions,
  type RegenerateSessionOptions,
  type RemoveAllSessionsOptions,
  type RemoveExpiredSessionsOptions,
  type ListEndedSessionsOptions,
  type ListSessionsOptions,
  type RemoveSessionByIdOptions,
  type RemoveUserSessionsOptions,
  type RenewSessionOptions,
  type UpdateSessionOptions,
} from './call.options.js';
import type { EndedSession, SessionRecord, SessionSummary } from './session-record.js';
import type { ParsedToken } from './token/token.js';

/**
 * Returns the service behind a manager, for integrations with other libraries. The package does not export it, so that no
 * caller can choose a token.
 *
 * @throws SessionsConfigurationError for anything else than a manager
 */
export let serviceOf: (manager: SessionManager) => SessionService;

/**
 * Creates, reads, changes and ends sessions: in requests, workers, cron jobs and scripts alike. Inject it by its class,
 * or get one from `init()`.
 *
 * A value that does not have exactly the form of a token is *not found*, and causes no SQL statement. In addition to its
 * own errors, every method throws `SessionStoreError` if the database is unavailable, too slow or closed. No update,
 * renewal or rotation restores a session that was ended. Only a renewal with `allowExpired` restores an expired session.
 * Every method that throws `SessionNotFoundError` throws `SessionEndedError`, which is one too, to the holder of the token
 * of an ended session, for `cleanup.retention` after the end.
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
   * Events of sessions in this process. An error of a subscriber is reported and affects nothing else. `close()`
   * completes the stream.
   *
   * @example
   * ```ts
   * sessions.events$.subscribe((event) => audit.log(event.type, event.at));
   * ```
   */
  readonly events$: Observable<SessionEvent>;
  readonly #sessions: SessionService<T>;

  static {
    serviceOf = (manager) => {
      if (typeof manager !== 'object' || manager === null || !(#sessions in manager)) {
        throw invalidOption(
          'manager',
          manager,
          'a SessionManager, such as app.get(SessionManager)',
        );
      }
      return manager.#sessions;
    };
  }

  /** @internal */
  constructor(sessions: SessionService<T>) {
    this.#sessions = sessions;
    this.events$ = sessions.events.events$;
  }

  /**
   * Creates a session that lives for `expireTime` and returns its token, which is not stored: the row only has a hash
   * of its secret.
   *
   * @throws SessionDataError, SessionDataTooLargeError, SessionLimitError, SessionsConfigurationError for wrong options
   */
  async createSession(data?: T, options: CreateSessionOptions = {}): Promise<string> {
    const own = ownOptions('createSession options', options, CREATION_OPTIONS);
    return (await this.#sessions.create(data as T, own, [])).token;
  }

  /**
   * Returns the session's data. A read never writes, and does not renew the session.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async retrieveSession(token: string): Promise<T> {
    const data = this.#sessions.verifier.retrieve(this.#parse(token));
    return await this.#sessions.events.reporting(data);
  }

  /**
   * Returns all that is known of the session, except its token: public id, data, owner, dates, client, version.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async inspectSession(token: string): Promise<SessionRecord<T>> {
    return this.#sessions.events.reporting(this.#sessions.verifier.inspect(this.#parse(token)));
  }

  /**
   * Changes the session's data and renews the session. No parallel writer's change is lost: `change` is applied to the
   * newest data, and again if another writer was faster.
   *
   * @example
   * ```ts
   * await sessions.updateSession(token, (data) => { data.basket.push(product); });
   * ```
   * @returns the new data
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError, SessionDataTooLargeError, and
   * SessionConflictError after a limited number of tries, or for a token in its grace after a rotation; then nothing
   * was written
   */
  updateSession(
    token: string,
    change: SessionChange<T>,
    options?: UpdateSessionOptions,
  ): Promise<T>;
  /**
   * Replaces the session's data and renews the session, in one statement; the last writer wins. With `sameUser`, if the
   * session has another owner than the new data, this reads the session and then decides.
   *
   * @returns the new data; `undefined` is stored and returned as `null`
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError, SessionDataTooLargeError, and
   * SessionConflictError after a limited number of tries, or for a token in its grace after a rotation; then nothing
   * was written
   */
  updateSession(token: string, data: T, options?: UpdateSessionOptions): Promise<T>;
  async updateSession(
    token: string,
    update: T | SessionChange<T>,
    options: UpdateSessionOptions = {},
  ): Promise<T> {
    const known = ['sameUser', 'expireTime'];
    const { sameUser, expireTime } = ownOptions('updateSession options', options, known);
    const given = { sameUser: checkBoolean('sameUser', sameUser ?? false), expireTime };
    const { result } = await this.#sessions.update(this.#parse(token), update, given);
    return result.read();
  }

  /**
   * Extends the session to `renewTimestamp` from now (its own `expireTime` if that is shorter or `rolling` is set), never
   * past `absoluteTimeout` or its own `endsAt`, and never shortens it. With `expireTime` it gets this lifetime instead,
   * which can shorten it. An expired session is renewed only with `allowExpired: true`.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionConflictError for a token in its grace;
   * SessionsConfigurationError for wrong options
   */
  async renewSession(token: string, options: RenewSessionOptions = {}): Promise<true> {
    const known = ['allowExpired', 'expireTime'];
    const { allowExpired, expireTime } = ownOptions('renewSession options', options, known);
    const given = { allowExpired: checkBoolean('allowExpired', allowExpired ?? false), expireTime };
    await this.#sessions.renew(this.#parse(token), given);
    return true;
  }

  /**
   * Gives the session a new token and renews it, in one statement: the session and its public id stay, and `change`
   * applies at the same moment. The old token loses access at once, as a change of rights requires (OWASP ASVS 5.0,
   * 7.2.4), or can still read for `grace`, for a regular rotation.
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
   * Ends the session, also by a token that a rotation replaced in the last minute or that is in its grace. If the
   * session does not exist or has ended, or the token is malformed or was replaced earlier, this does nothing and returns
   * `true` too.
   *
   * @example
   * ```ts
   * await sessions.removeSession(token, { reason: 'password-changed' }); // a word of SessionEndReasons
   * ```
   * @throws SessionsConfigurationError for wrong options
   */
  async removeSession(token: string, options: EndSessionOptions = {}): Promise<true> {
    const { reason } = ownOptions('removeSession options', options, ['reason']);
    await this.#sessions.remove(this.#sessions.verifier.parse(token), reason);
    return true;
  }

  /**
   * Deletes all sessions that have expired by now, batch by batch. It also deletes what is left of sessions that were ended
   * more than `cleanup.retention` ago. It can run beside live traffic and other instances.
   *
   * @returns how many expired sessions were deleted
   */
  async removeExpiredSessions(options: RemoveExpiredSessionsOptions = {}): Promise<number> {
    return this.#sessions.all.removeExpired(options);
  }

  /**
   * Ends all sessions of all users that were created before this call, batch by batch: for a leaked table or key. The
   * application and its other instances can go on; a login during the call stays.
   *
   * @returns how many were ended, expired ones among them
   * @throws SessionsConfigurationError for wrong options
   */
  async removeAllSessions(options: RemoveAllSessionsOptions = {}): Promise<number> {
    return this.#sessions.all.remove(options);
  }

  /**
   * Returns the user's live sessions, the newest first, for a page "where you're signed in": at most 100 unless `limit`
   * says otherwise. It contains no token or hash.
   *
   * @example
   * ```ts
   * const page = await sessions.listSessions(userId, { limit: 20 });
   * const next = await sessions.listSessions(userId, { limit: 20, before: page.at(-1) });
   * ```
   * @throws SessionDataError if `userId` can't be a user's id
   * @throws SessionsConfigurationError for wrong options
   */
  listSessions(
    userId: string | number | bigint,
    options?: ListSessionsOptions,
  ): Promise<SessionSummary[]>;
  /**
   * Returns the user's sessions that have ended in the last `cleanup.retention`, the newest first, with the reason: at most
   * 100 unless `limit` says otherwise. An expired session is not among them.
   *
   * @example
   * ```ts
   * const history = await sessions.listSessions(userId, { ended: true });
   * ```
   * @throws SessionDataError if `userId` can't be a user's id
   * @throws SessionsConfigurationError for wrong options
   */
  listSessions(
    userId: string | number | bigint,
    options: ListEndedSessionsOptions,
  ): Promise<EndedSession[]>;
  async listSessions(
    userId: string | number | bigint,
    options: ListSessionsOptions | ListEndedSessionsOptions = {},
  ): Promise<SessionSummary[] | EndedSession[]> {
    return isForEnded(options)
      ? this.#sessions.ofUser.listEnded(userId, options)
      : this.#sessions.ofUser.list(userId, options);
  }

  /**
   * Counts the live sessions of the user; without an argument those of everybody, by a read of the whole table.
   *
   * @throws SessionDataError if `userId` can't be a user's id, such as `null` or `undefined`
   */
  async countSessions(...userId: [userId?: string | number | bigint]): Promise<number> {
    return this.#sessions.ofUser.count(...userId);
  }

  /**
   * Ends the session of this public id: signs out one device. If the id comes from a client, set `userId` too.
   *
   * @returns 1, or 0 if there is no such session
   * @throws SessionDataError if `userId` is given and can't be a user's id, such as `undefined`
   * @throws SessionsConfigurationError for wrong options
   */
  async removeSessionById(id: string, options: RemoveSessionByIdOptions = {}): Promise<number> {
    const own = ownOptions('removeSessionById options', options, ['userId', 'reason']);
    return this.#sessions.ofUser.removeById(id, own);
  }

  /**
   * Ends all sessions of the user, except the one that `except` names: signs out everywhere, or everywhere else.
   *
   * @example
   * ```ts
   * await sessions.removeUserSessions(userId, { except: session.id }); // on all other devices
   * ```
   * @returns how many were ended
   * @throws SessionDataError if `userId` can't be a user's id, such as `null` or `undefined`
   * @throws SessionActingError if an agent acts as the user in the session `except`
   */
  async removeUserSessions(
    userId: string | number | bigint,
    options: RemoveUserSessionsOptions = {},
  ): Promise<number> {
    const own = ownOptions('removeUserSessions options', options, ['except', 'reason']);
    return this.#sessions.ofUser.remove(userId, own);
  }

  /**
   * Deletes every session of the user at once, live, expired or ended, without waiting for `cleanup.retention`: for a
   * request to erase personal data. A login during the call stays, so lock the account first. Events that were emitted
   * and the application's own logs stay.
   *
   * @returns how many were deleted, ended ones among them
   * @throws SessionDataError if `userId` can't be a user's id, such as `null` or `undefined`
   */
  async eraseUser(userId: string | number | bigint): Promise<number> {
    return this.#sessions.ofUser.erase(userId);
  }

  /**
   * Gives each session the owner that the option `userId` finds in its data, so that `removeUserSessions` finds all sessions
   * of a user. Call it after a deployment that added or changed this option, when no process of the old version runs any
   * more. `updateSession` does the same for one session; `CurrentSession.update` only sets a missing owner. It can be
   * repeated. It overwrites an owner that `createSession` was given, if the data names another one.
   *
   * @throws SessionsConfigurationError for wrong options
   */
  async reassignOwners(options: ReassignOwnersOptions = {}): Promise<OwnerReassignment> {
    return this.#sessions.all.reassignOwners(options);
  }

  /**
   * Checks that sessions can be read now: sends a lookup as requests do, so it needs the connection, the table and the
   * right to read it. A ping of Sequelize needs only the connection.
   *
   * @throws SessionStoreError after at most the option `timeout`. Its `reason` is `unsent` if there is no connection,
   * `unknown` if no response came in time, and `rejected` if the database refused the statement, as without the table or
   * the right to read it
   */
  async ping(): Promise<void> {
    await this.#sessions.ping();
  }

  /**
   * Stops the background removal and refuses every later call with `SessionStoreError`. If `init()` opened the
   * connection, this closes it. In a Nest application the module does this at shutdown.
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

function isForEnded(
  options: ListSessionsOptions | ListEndedSessionsOptions,
): options is ListEndedSessionsOptions {
  return Object.hasOwn(Object(options), 'ended');
}
