import { EventEmitter } from 'node:events';
import { checkSecret, ownOptions } from '../../common/checks.js';
import { serviceOf, type SessionManager } from '../../manager/session-manager.js';
import type { SessionService } from '../../manager/session-service.js';
import { DerivedSessions } from './derived-sessions.js';
import { ExpressSessions, type Generate } from './express-sessions.js';
import { SessionMark } from './session-mark.js';

/**
 * Options of `SessionManagerStore`.
 *
 * @publicApi
 */
export interface SessionManagerStoreOptions {
  /**
   * At least 32 random characters, from which the store derives the token of each session, together with the id in the
   * cookie. All processes need the same secret. With another secret, the store finds none of the earlier sessions.
   */
  readonly secret: string;
}

/**
 * How a method hands over an error, or its result.
 *
 * @inline
 */
type Callback<Result extends unknown[] = []> = (error?: any, ...result: Result) => void;

/**
 * A store for express-session and @fastify/session that keeps their sessions in the table of a `SessionManager`. Passport
 * and other middleware run unchanged, while limits, events, `listSessions` and `removeUserSessions` apply.
 *
 * A session that was removed stays removed: a late save does not restore it. Only a removal in another process, at the moment
 * when a session without an owner gets one, can miss that session. Errors of the database reach the callback.
 *
 * @example
 * ```ts
 * const store = new SessionManagerStore(app.get(SessionManager), { secret: process.env.STORE_SECRET! });
 * app.use(session({ store, secret: process.env.COOKIE_SECRET!, resave: false, saveUninitialized: false }));
 * ```
 * @publicApi
 */
export class SessionManagerStore extends EventEmitter {
  /**
   * Set by express-session: gives a request a new session.
   *
   * @internal
   */
  declare generate: Generate;
  readonly #sessions: SessionService;
  readonly #derived: DerivedSessions;
  readonly #express = new ExpressSessions();

  /** @throws SessionsConfigurationError for wrong options */
  constructor(manager: SessionManager, options: SessionManagerStoreOptions) {
    super();
    this.#sessions = serviceOf(manager);
    const { secret } = ownOptions('SessionManagerStore', options, ['secret']);
    checkSecret(secret);
    this.#derived = new DerivedSessions(this.#sessions, secret);
  }

  /**
   * Passes the data of a live session to the callback, `null` if there is none. A session that can't be read counts as none,
   * with a warning: express-session has no other way to let its user log in again.
   */
  get(sid: string, callback: Callback<[session?: any]>): void {
    settle(this.#derived.find(sid), callback);
  }

  /**
   * Stores the data of a session, which then lives as long as its cookie, or by the options of the module if the cookie
   * ends with the browser. If the cookie had an end before and has none now, the session lives for `expireTime` from this
   * save on. A session that was loaded or saved before and has been removed since is not stored.
   */
  set(sid: string, session: any, callback?: Callback): void {
    settle(this.#derived.save(sid, session), callback);
  }

  /** Removes a session. If it does not exist, this does nothing. */
  destroy(sid: string, callback?: Callback): void {
    settle(this.#derived.remove(sid), callback);
  }

  /** Renews a session, to the lifetime of its cookie. If it does not exist, this does nothing. */
  touch(sid: string, session: any, callback?: Callback): void {
    settle(this.#derived.touch(sid, session), callback);
  }

  /** Passes the number of live sessions in the table to the callback, also of those that the store did not create. */
  length(callback: Callback<[length?: number]>): void {
    settle(this.#sessions.ofUser.count(), callback);
  }

  /**
   * Removes all sessions in the table, also those that the store did not create. As `removeAllSessions()`, it keeps
   * sessions of a process whose clock is ahead.
   */
  clear(callback?: Callback): void {
    settle(this.#sessions.all.remove({}), callback && ((error) => callback(error)));
  }

  /**
   * Returns the token by which `SessionManager` knows the session of this id, such as `request.sessionID`. It gives access
   * like any token: never send or log it.
   *
   * @example
   * ```ts
   * const { id } = await sessions.inspectSession(store.tokenFor(request.sessionID));
   * await sessions.removeUserSessions(userId, { except: id });
   * ```
   * @throws SessionsConfigurationError if the id does not have the form of one
   */
  tokenFor(sid: string): string {
    return this.#derived.tokenOf(sid).token;
  }

  /** Removes the session of a request and gives it a new one; called by express-session. */
  regenerate(request: any, callback: Callback): void {
    this.destroy(request.sessionID, (error) => {
      this.generate(request);
      callback(error);
    });
  }

  /** Loads a session without a request; called by express-session. */
  load(sid: string, callback: Callback<[session?: any]>): void {
    this.get(sid, (error, data) => {
      if (error || !data) {
        callback(error);
        return;
      }
      const request = { sessionID: sid, sessionStore: this, headers: {} };
      callback(null, this.createSession(request, data));
    });
  }

  /** Puts the session of loaded data onto a request; called by express-session. */
  createSession(request: any, data: any): any {
    const session = this.#express.put(request, SessionMark.without(data), this.generate);
    SessionMark.hide(session, request.sessionID, 'known');
    return session;
  }
}

/** Calls back outside of the promise, so that an error of the callback is not taken for one of the call. */
function settle<Result>(
  call: Promise<Result>,
  callback: ((error?: any, result?: any) => void) | undefined,
): void {
  call.then(
    (result) => callback && process.nextTick(callback, null, result),
    (error: unknown) => callback && process.nextTick(callback, error),
  );
}
