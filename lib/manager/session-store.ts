import type { NewSessionRow, SessionOverview, SessionRow } from './session-row.js';

/**
 * Where sessions are kept. `SequelizeSessionStore` in lib/store is the one implementation.
 *
 * Several processes use one store at once, so each method decides its races itself: a check and the write that depends on
 * it are one step, and no write brings back a session that was removed or has expired. Every method rejects with
 * `SessionStoreError` if the database is away or late, or the store is closed. A method that gets a user id rejects with
 * `SessionDataError` if the database can't hold it, which only happens if there is a `textLimit`.
 */
export interface SessionStore {
  /** Why the database can't hold all text; `undefined` if it can. */
  readonly textLimit: string | undefined;

  /**
   * Adds a row and ends the sessions that it replaces: all of that, or nothing. It never overwrites a row.
   *
   * Inserts with a limit run one after the other for each user, so that the limit holds whatever the number of logins.
   * `issue` runs when it is this one's turn, so that the order of creation is the order of the dates.
   *
   * @returns `undefined` if the id is taken
   * @throws SessionLimitError if the limit is reached and the oldest are not to be evicted
   */
  insert<Issued extends IssuedRow>(
    issue: () => Issued,
    scope: InsertScope,
  ): Promise<Insertion<Issued> | undefined>;

  /**
   * Returns the row of this id, live or not, whoever asks: the caller checks the secret. It sees every write that had
   * resolved before the call.
   */
  find(id: string): Promise<SessionRow | undefined>;

  /**
   * Changes and renews a session if, at the moment of the write, the credential is the current one and all conditions
   * hold. Of two updates that name the same version, at most one succeeds. Renewals can arrive in any order: the expiry only grows.
   *
   * @returns `false` if something did not hold, or if a renewal had nothing to add
   */
  update(
    credential: TokenCredential,
    conditions: UpdateConditions,
    patch: SessionPatch,
  ): Promise<boolean>;

  /**
   * Deletes a session by its current secret, or by the one that the latest rotation replaced less than `LATE_END_MS` ago or
   * that is in its grace: a logout beside a rotation still ends the session.
   *
   * @returns whether this call deleted it
   */
  remove(credential: TokenCredential, now: number): Promise<boolean>;

  /** Acts on the sessions of one user. */
  readonly ofUser: {
    /** Returns the live sessions, the newest first, without their data. */
    list(userId: string, condition: LiveCondition): Promise<SessionOverview[]>;

    /**
     * Deletes all sessions of the user, live or not, except one. A session that moves to another user meanwhile stays.
     *
     * @returns those that this call deleted; a session that two calls delete is returned by one of them
     */
    remove(userId: string, except: string | undefined): Promise<RemovedSession[]>;

    /**
     * Deletes the session of this id, if it belongs to the user in case one is given.
     *
     * @returns it, if this call deleted it
     */
    removeById(id: string, userId: string | undefined): Promise<RemovedSession[]>;
  };

  /** Acts on expired sessions. */
  readonly expired: {
    /** Returns at most `limit` sessions that had expired at `time`, the longest expired first. */
    find(time: number, limit: number): Promise<RemovedSession[]>;

    /**
     * Deletes those of the sessions that had expired at `time`; one that was renewed meanwhile stays.
     *
     * @returns those that this call deleted; a session that two calls delete is returned by one of them
     */
    remove(sessions: readonly RemovedSession[], time: number): Promise<RemovedSession[]>;
  };

  /** Refuses every later call and frees what was made for this store alone. */
  close(): Promise<void>;
}

/** Who acts on a session: its id and the hash of the secret that proves the right to. */
export interface TokenCredential {
  readonly id: string;
  readonly secretHash: string;
  /**
   * The hash of a replaced token that acts by this one in its grace: that grace must last in every statement. Always
   * present, so that it is never read from a polluted `Object.prototype`.
   */
  readonly replacedHash: string | undefined;
}

/** A time, and the absolute limit that holds at it: what decides whether a session is live. */
export interface LiveCondition {
  readonly now: number;
  /** Milliseconds after its creation at which no session lives any more. */
  readonly absoluteTimeout: number;
}

/** What must hold when an update is written, besides the credential. */
export interface UpdateConditions extends LiveCondition {
  /** `true`: the session may have expired, as long as it is within `absoluteTimeout`. */
  readonly allowExpired?: boolean;
  /** The version that the change was made from. */
  readonly version?: number | undefined;
  /** Who owns the session. */
  readonly owner?: string | undefined;
  /** The minimum, in milliseconds, that the renewal must add to the expiry. */
  readonly minGain?: number;
}

/** What an update sets. It always renews: the expiry moves to `renewUntil`, never back and never past the absolute limit. */
export interface SessionPatch {
  readonly renewUntil: number;
  readonly data?: string | undefined;
  /** `undefined` keeps the owner, `null` clears it. */
  readonly userId?: string | null | undefined;
  readonly rotation?: Rotation;
}

/** A new secret in the place of the old one. */
export interface Rotation {
  /** The hash of the new one. */
  readonly secretHash: string;
  /** Until when the old one may still read. */
  readonly previousValidUntil: number;
  /** `true`: it may also write until then. */
  readonly previousMayWrite?: boolean;
}

/**
 * Milliseconds after a rotation for which the secret that it replaced can end the session, even without a grace: a logout
 * may have left the client just before the rotation.
 */
export const LATE_END_MS = 60_000;

/** How many sessions a user may have, and what happens at the limit. */
export interface SessionLimit {
  readonly max: number;
  readonly evictOldest: boolean;
}

/** A row that is about to be inserted. */
export interface IssuedRow {
  readonly row: NewSessionRow;
  readonly condition: LiveCondition;
}

/** What a new row comes in the place of. */
export interface InsertScope {
  /** Sessions of the same client, which end with it. */
  readonly replaced: readonly TokenCredential[];
  /** Whose sessions are counted, and how many there may be; `undefined` for any number. */
  readonly limited: (SessionLimit & { readonly userId: string }) | undefined;
}

/** What was inserted, and the sessions that it took the place of: the user's oldest, and ids of the same client's. */
export interface Insertion<Issued> {
  readonly issued: Issued;
  readonly evicted: readonly RemovedSession[];
  readonly replaced: readonly string[];
}

/** A session that was deleted. */
export interface RemovedSession {
  readonly id: string;
  readonly userId: string | null;
}
