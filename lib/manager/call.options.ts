import type { SessionChange } from './data/session-change.js';
import type { SessionClient, SessionSummary } from './session-record.js';

/**
 * What one new session can have of its own.
 *
 * @publicApi
 */
export interface CreateSessionOptions {
  /** Milliseconds that this session lives; at most `absoluteTimeout`. Default: `expireTime` of the module. */
  readonly expireTime?: number | undefined;
  /** Who owns the session. Default: what the option `userId` of the module finds in the data. */
  readonly userId?: string | number | bigint | undefined;
  /** Where the session is started from, to be shown to its owner. Default: not recorded. */
  readonly client?: SessionClient | undefined;
}

/**
 * How `updateSession` treats the owner.
 *
 * @publicApi
 */
export interface UpdateSessionOptions {
  /**
   * `true` refuses, with `SessionsConfigurationError`, data that belongs to another user than the session does. Default:
   * `false`, and the session moves to the user of its new data.
   */
  readonly sameUser?: boolean | undefined;
}

/**
 * What `renewSession` renews.
 *
 * @publicApi
 */
export interface RenewSessionOptions {
  /** `true` renews an expired session too, within `absoluteTimeout`. Default: `false`. */
  readonly allowExpired?: boolean | undefined;
}

/**
 * How `removeExpiredSessions` goes about it.
 *
 * @publicApi
 */
export interface RemoveExpiredSessionsOptions {
  /** How many sessions are deleted at a time, from 1 to 1000. Default: 1000. */
  readonly batchSize?: number | undefined;
  /** Called after each batch, and awaited, with how many have been deleted so far. */
  readonly onProgress?: ((removed: number) => unknown) | undefined;
  /** Stops after the running batch; the count so far is returned. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `regenerateSession` does besides giving a new token.
 *
 * @publicApi
 */
export interface RegenerateSessionOptions<T = any> {
  /** Changes the data in the same statement, as `updateSession` does. Default: the data stays. */
  readonly change?: SessionChange<T> | undefined;
  /** Milliseconds that the old token can still read, never write, for requests under way. Default: 0, it is dead at once. */
  readonly grace?: number | undefined;
}

/**
 * Which page of a user's sessions `listSessions` returns.
 *
 * @publicApi
 */
export interface ListSessionsOptions {
  /** The maximum of sessions that a page has, from 1 to 1000. Default: 100. */
  readonly limit?: number | undefined;
  /** The last session of the page before. Default: none, and the page starts with the newest session. */
  readonly before?: Pick<SessionSummary, 'createdAt' | 'id'> | undefined;
}

/**
 * Whose session `removeSessionById` may end.
 *
 * @publicApi
 */
export interface RemoveSessionByIdOptions {
  /** Removes the session only where it is this user's, for ids that come from a client. Left out: whoever's it is. */
  readonly userId?: string | number | bigint;
}

/**
 * What `removeUserSessions` spares.
 *
 * @publicApi
 */
export interface RemoveUserSessionsOptions {
  /** Public id of a session that stays, such as the current one. Default: none. */
  readonly except?: string | undefined;
}
