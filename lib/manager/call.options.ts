import type { SessionEndReason } from '../common/end-reason.js';
import type { SessionChange } from './data/session-change.js';
import type { SessionClient, SessionSummary } from './session-record.js';

/**
 * Options of `createSession`, for one new session.
 *
 * @publicApi
 */
export interface CreateSessionOptions {
  /**
   * The lifetime of this session in milliseconds, at most `absoluteTimeout`. With `rolling`, each renewal adds this time
   * too. Without `rolling`, a renewal adds at most `renewTimestamp`. Default: `expireTime` of the module, and
   * `renewTimestamp` for renewals.
   */
  readonly expireTime?: number | undefined;
  /** When this session ends, however often it is renewed; in the future. Default: `absoluteTimeout` decides. */
  readonly endsAt?: Date | undefined;
  /** The user who owns the session. Default: what the option `userId` of the module returns for the data. */
  readonly userId?: string | number | bigint | undefined;
  /** Where the session is started from, to be shown to its owner. Default: not recorded. */
  readonly client?: SessionClient | undefined;
}

/** The names of the options of `createSession`. */
export const CREATION_OPTIONS = ['expireTime', 'endsAt', 'userId', 'client'];

/**
 * Options of `updateSession`.
 *
 * @publicApi
 */
export interface UpdateSessionOptions {
  /**
   * `true` throws a `SessionsConfigurationError` if the new data names a user who is neither the owner of the session nor
   * the user whom its old data names. Default: `false`; the session moves to the user of its new data.
   */
  readonly sameUser?: boolean | undefined;
  /** The session lives for these milliseconds from now, and after each renewal. Default: its lifetime stays. */
  readonly expireTime?: number | undefined;
}

/**
 * Options of `renewSession`.
 *
 * @publicApi
 */
export interface RenewSessionOptions {
  /** `true` renews an expired session too, within `absoluteTimeout` and before `endsAt`. Default: `false`. */
  readonly allowExpired?: boolean | undefined;
  /**
   * The session lives for these milliseconds from now, and after each renewal; at most `absoluteTimeout`. This can also
   * shorten it. Default: its lifetime stays.
   */
  readonly expireTime?: number | undefined;
}

/**
 * Options of `removeExpiredSessions`.
 *
 * @publicApi
 */
export interface RemoveExpiredSessionsOptions {
  /** Maximum number of sessions that are deleted at a time, from 1 to 1000. Default: 1000. */
  readonly batchSize?: number | undefined;
  /** Called after each batch with the number of sessions deleted so far. A promise is awaited. */
  readonly onProgress?: ((removed: number) => unknown) | undefined;
  /** Stops after the current batch; the count so far is returned. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Options of `removeAllSessions`.
 *
 * @publicApi
 */
export interface RemoveAllSessionsOptions {
  /** Maximum number of sessions that are ended at a time, from 1 to 1000. Default: 1000. */
  readonly batchSize?: number | undefined;
  /** Called after each batch with the number of sessions ended so far. A promise is awaited. */
  readonly onProgress?: ((ended: number) => unknown) | undefined;
  /** Stops after the current batch; the count so far is returned. */
  readonly signal?: AbortSignal | undefined;
  /** Why the sessions end. Default: `revoked`. */
  readonly reason?: SessionEndReason | undefined;
}

/**
 * Options of `removeSession`, and of `CurrentSession.end()`.
 *
 * @publicApi
 */
export interface EndSessionOptions {
  /** Why the session ends. Default: `logout`. */
  readonly reason?: SessionEndReason | undefined;
}

/**
 * Options of `reassignOwners`.
 *
 * @publicApi
 */
export interface ReassignOwnersOptions {
  /** Maximum number of sessions that are read at a time, from 1 to 1000. Default: 100. */
  readonly batchSize?: number | undefined;
  /** Called after each batch with what was done so far. A promise is awaited. */
  readonly onProgress?: ((progress: OwnerReassignment) => unknown) | undefined;
  /** Stops after the current batch; what was done so far is returned. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `reassignOwners` has done.
 *
 * @publicApi
 */
export interface OwnerReassignment {
  /** Sessions that were read. */
  readonly read: number;
  /** Sessions that got another owner, or lost theirs. */
  readonly reassigned: number;
  /** Sessions whose data or owner can't be read. They keep the owner that they have. */
  readonly unreadable: number;
}

/**
 * Options of `regenerateSession`.
 *
 * @publicApi
 */
export interface RegenerateSessionOptions<T = any> {
  /** Changes the data in the same statement, as `updateSession` does. Default: the data stays. */
  readonly change?: SessionChange<T> | undefined;
  /**
   * Milliseconds that the old token can still read, never write, for requests in flight. Default: 0, it loses access at
   * once.
   */
  readonly grace?: number | undefined;
}

/**
 * Options of `listSessions`: which page of a user's sessions it returns.
 *
 * @publicApi
 */
export interface ListSessionsOptions {
  /** Maximum number of sessions on a page, from 1 to 1000. Default: 100. */
  readonly limit?: number | undefined;
  /** The last session of the page before. Default: none; the page starts with the newest session. */
  readonly before?: Pick<SessionSummary, 'createdAt' | 'id'> | undefined;
}

/**
 * Options of `listSessions` for the sessions that have ended.
 *
 * @publicApi
 */
export interface ListEndedSessionsOptions extends ListSessionsOptions {
  /** Returns the ended sessions instead of the live ones. */
  readonly ended: true;
}

/**
 * Options of `removeSessionById`.
 *
 * @publicApi
 */
export interface RemoveSessionByIdOptions {
  /**
   * Ends the session only if it belongs to this user, for ids that come from a client. Default: the session of any
   * user.
   */
  readonly userId?: string | number | bigint;
  /** Why the session ends. Default: `revoked`. */
  readonly reason?: SessionEndReason | undefined;
}

/**
 * Options of `SessionWatch.watch`.
 *
 * @publicApi
 */
export interface WatchSessionOptions {
  /**
   * The token by which the session was opened. Set it if you have it: a rotation between that moment and the watch then
   * counts too. Default: the token that is current at the first read.
   */
  readonly token?: string | undefined;
}

/**
 * Options of `removeUserSessions`.
 *
 * @publicApi
 */
export interface RemoveUserSessionsOptions {
  /** Public id of a session that stays, such as the current one. Default: none. */
  readonly except?: string | undefined;
  /** Why the sessions end. Default: `revoked`. */
  readonly reason?: SessionEndReason | undefined;
}
