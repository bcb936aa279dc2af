import type { SessionEndReason } from './end-reason.js';

/**
 * Base of every error of this library. The message, properties and `util.inspect` of an error never hold a token, a hash,
 * SQL or session data. `SessionsConfigurationError` quotes names and short values of options, never a key.
 *
 * @publicApi
 */
export abstract class SessionError extends Error {
  /** Stable identifier to switch on, such as `ERR_SESSION_EXPIRED`. */
  abstract readonly code: `ERR_SESSION_${string}`;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true });
  }
}

/**
 * There is no session for this token: the session never existed or was removed, the secret is wrong, or the token is
 * malformed.
 *
 * @publicApi
 */
export class SessionNotFoundError extends SessionError {
  override readonly code: 'ERR_SESSION_NOT_FOUND' | 'ERR_SESSION_ENDED' = 'ERR_SESSION_NOT_FOUND';

  constructor(message = 'There is no session for this token.') {
    super(message);
  }
}

/**
 * The session was ended: by a logout, another login, the limit of its user, or a revocation. Only a caller with the right
 * token gets this error. `cleanup.retention` after the end, the row is deleted, and the session is not found any more.
 *
 * @publicApi
 */
export class SessionEndedError extends SessionNotFoundError {
  override readonly code = 'ERR_SESSION_ENDED';
  /** Why the session ended. */
  readonly reason: SessionEndReason;
  /** What a client may see: the reason, or only `ended` if the option `showEndReason` is `false`. */
  readonly shownReason: SessionEndReason | 'ended';

  constructor(reason: SessionEndReason, shownReason: SessionEndReason | 'ended' = reason) {
    super(`There is no session for this token any more. The session was ended: ${reason}.`);
    this.reason = reason;
    this.shownReason = shownReason;
  }
}

/**
 * The session has expired. Only a caller with the right token gets this error.
 *
 * @publicApi
 */
export class SessionExpiredError extends SessionError {
  override readonly code = 'ERR_SESSION_EXPIRED';

  constructor(message = 'The session has expired.') {
    super(message);
  }
}

/**
 * Other writes kept changing the session, so the update was abandoned; nothing was written.
 *
 * @publicApi
 */
export class SessionConflictError extends SessionError {
  override readonly code = 'ERR_SESSION_CONFLICT';
}

/**
 * The user has as many sessions as `maxSessionsPerUser` allows, and `onSessionLimit` is `'reject'`, so none was created.
 *
 * @publicApi
 */
export class SessionLimitError extends SessionError {
  override readonly code = 'ERR_SESSION_LIMIT';
}

/**
 * An agent acts as the user in this session, and the call is refused in such a session; nothing was written. The agent returns
 * to their own session with `CurrentSession.stopActing()`.
 *
 * @publicApi
 */
export class SessionActingError extends SessionError {
  override readonly code = 'ERR_SESSION_ACTING';
}

/**
 * The data, as JSON, is larger than `maxDataBytes`; nothing was written.
 *
 * @publicApi
 */
export class SessionDataTooLargeError extends SessionError {
  override readonly code = 'ERR_SESSION_DATA_TOO_LARGE';
}

/**
 * The data can't be stored as JSON (cycles, BigInt, functions, …), or the stored data can't be read.
 *
 * @publicApi
 */
export class SessionDataError extends SessionError {
  override readonly code = 'ERR_SESSION_DATA';
}

/**
 * What is known about a failed database call. `'unsent'`: nothing was sent, so nothing has changed. `'unknown'`: a
 * statement may have been sent and its response is missing, so a write may have been applied, or the call failed after it had
 * ended some sessions or changed their owners. `'rejected'`: the database refused the statement, so nothing has changed.
 *
 * @publicApi
 */
export type SessionStoreReason = 'unsent' | 'unknown' | 'rejected';

/**
 * The database is unavailable, too slow, or refused the statement; `reason` says which. The `cause` is a copy of the
 * driver's error with its name and code only.
 *
 * @publicApi
 */
export class SessionStoreError extends SessionError {
  override readonly code = 'ERR_SESSION_STORE';
  /** What is known about the call. */
  readonly reason: SessionStoreReason;
  /** Whether the same call can succeed later without a change of rights, row security or tables. */
  readonly isTransient: boolean;

  constructor(
    message: string,
    {
      cause,
      reason = 'unknown',
      isTransient = true,
    }: ErrorOptions & { reason?: SessionStoreReason; isTransient?: boolean } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.isTransient = isTransient;
  }
}

/**
 * The library is used in a way that can't work: a wrong option, a missing module, an argument of the wrong type. The
 * message says what to change.
 *
 * @publicApi
 */
export class SessionsConfigurationError extends SessionError {
  override readonly code = 'ERR_SESSION_CONFIGURATION';
}
