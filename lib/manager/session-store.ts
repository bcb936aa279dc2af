import type { SessionEndReason } from '../common/end-reason.js';
import type {
  EndedOverview,
  NewSessionRow,
  SessionOverview,
  SessionRow,
  SessionState,
} from './session-row.js';

/**
 * The storage of sessions. `SequelizeSessionStore` in lib/store is the only implementation.
 *
 * Several processes use one store at once, so each method handles races itself: a check and the write that depends on
 * it are atomic, and no write brings back a session that was removed or, without `allowExpired`, has expired. Every
 * method that ends an agent's session first ends the one in which the agent acts, and returns that one too. Every method
 * rejects with `SessionStoreError` if the database is unavailable or too slow, or the store is closed. A method
 * that gets a user id rejects with `SessionDataError` if the database can't hold it, which only happens if there is a
 * `textLimit`.
 *
 * A method with the parameter `onEnded` sends several statements. It passes sessions to `onEnded` as soon as they have ended,
 * and also returns them at the end. If it fails after that, the `reason` of its error is `unknown`.
 */
export interface SessionStore {
  /** Why the database can't hold all text; `undefined` if it can. */
  readonly textLimit: string | undefined;

  /**
   * Adds a row and ends the sessions that it replaces: all of that, or nothing. It never overwrites a row.
   *
   * Inserts with a limit run one after the other for each user, so that the limit holds whatever the number of logins.
   * `issue` runs when the insert has its turn, so that sessions are created in the order of their dates. It gets the newest
   * row of the session `carriedId`, and returns the version that it used. The insert ends that session only at this version.
   *
   * @returns `undefined` if the id is taken
   * @throws SessionLimitError if the limit is reached and `evictOldest` is `false`
   * @throws SessionConflictError if that session has ended or has another version
   */
  insert<Issued extends IssuedRow>(
    issue: (newest: SessionRow | undefined) => Issued,
    scope: InsertScope,
  ): Promise<Insertion<Issued> | undefined>;

  /**
   * Returns the row of this id, live or not; the caller checks the secret. It sees every write that had resolved before
   * the call.
   */
  find(id: string): Promise<SessionRow | undefined>;

  /**
   * Returns the states of these sessions by id, live or not, at most 500. It sees every write that had resolved before the
   * call.
   */
  states(
    ids: readonly string[],
    limits: Omit<LiveCondition, 'now'>,
  ): Promise<ReadonlyMap<string, SessionState>>;

  /**
   * Changes and renews a session if, at the moment of the write, the credential is the current one and all conditions
   * hold. Of two updates that name the same version, at most one succeeds. Renewals can arrive in any order: the expiry
   * only grows, unless the session gets another own lifetime.
   *
   * @returns `false` if a condition did not hold, or if a renewal had nothing to add
   */
  update(
    credential: TokenCredential,
    conditions: UpdateConditions,
    patch: SessionPatch,
  ): Promise<boolean>;

  /**
   * Binds a live session to the public key of a browser, if it is not bound yet.
   *
   * @returns whether this call bound it
   */
  bind(id: string, deviceKey: string, condition: LiveCondition): Promise<boolean>;

  /**
   * Ends a session, also an expired one, by its current secret, or by the one that the latest rotation replaced less than
   * `LATE_END_MS` ago or that is in its grace: a logout in parallel with a rotation still ends the session.
   *
   * @returns the sessions that this call ended, without their users unless the database returns them
   */
  remove(
    credential: TokenCredential,
    ending: Ending,
    onEnded?: OnEnded<RemovedSession>,
  ): Promise<RemovedSession[]>;

  /**
   * Adds the row of an acting session, and changes the agent's session if the conditions hold: both or nothing.
   *
   * @returns `false` if a condition did not hold, or the id is taken
   */
  insertActing(
    row: NewSessionRow,
    agent: TokenCredential,
    conditions: UpdateConditions,
    patch: SessionPatch,
  ): Promise<boolean>;

  /** Methods for the sessions of one user. */
  readonly ofUser: {
    /** Returns a page of the live sessions, the newest first, without their data. */
    list(userId: string, condition: LiveCondition, page: Page): Promise<SessionOverview[]>;

    /** Returns a page of the ended sessions whose rows are kept, the newest first. */
    listEnded(userId: string, page: Page): Promise<EndedOverview[]>;

    /**
     * Ends some of the user's oldest live sessions that exceed the limit. A login ends at most the same number, so this ends
     * the rest.
     */
    removeSurplus(
      limit: UserSessionLimit,
      condition: LiveCondition,
      ending: Ending,
    ): Promise<Surplus>;

    /** Counts the live sessions of the user, or of everybody. */
    count(userId: string | undefined, condition: LiveCondition): Promise<number>;

    /**
     * Ends all sessions of the user, live or expired, except one. A session that moves to another user meanwhile stays.
     *
     * @returns those that this call ended; a session that two calls end is returned by one of them
     */
    remove(
      userId: string,
      except: string | undefined,
      ending: Ending,
      onEnded?: OnEnded<RemovedSession>,
    ): Promise<RemovedSession[]>;

    /**
     * Ends the session of this id. If a user is given, it must belong to that user.
     *
     * @returns the session, if this call ended it
     */
    removeById(
      id: string,
      userId: string | undefined,
      ending: Ending,
      onEnded?: OnEnded<RemovedSession>,
    ): Promise<RemovedSession[]>;

    /** Deletes every row of the user, and returns those that this call deleted. */
    erase(userId: string, onEnded?: OnEnded<DeletedSession>): Promise<DeletedSession[]>;
  };

  /** Expired sessions, and the rows that ended sessions left. Those that have been over for longest are found first. */
  readonly old: OldSessions;

  /** All sessions, to end them. */
  readonly created: CreatedSessions;

  /** All sessions, for the people who operate the application. */
  readonly surveyed: SurveyedSessions;

  /** All sessions, to bring their owners in line with their data. */
  readonly all: OwnedDataSessions;

  /** Refuses every later call and closes what only this store uses. */
  close(): Promise<void>;
}

/** Rows that are over, to delete them in batches. */
export interface OldSessions {
  /** Returns at most `limit` rows that may be old, of those after a position. */
  find(age: Age, limit: number, after: SweepPosition | undefined): Promise<SweepPosition[]>;

  /**
   * Deletes these if they are old; an expired session that was renewed meanwhile stays.
   *
   * @returns those that this call deleted; a session that two calls delete is returned by one of them
   */
  remove(
    ids: readonly string[],
    age: Age,
    onEnded?: OnEnded<DeletedSession>,
  ): Promise<DeletedSession[]>;
}

/** When rows are old: times in epoch milliseconds. */
export interface Age {
  /** Sessions that had expired by then. */
  readonly expired: number;
  /** Sessions that had been ended by then; not later than `expired`. */
  readonly ended: number;
}

/** Where a row is in the order in which old rows are found. */
export interface SweepPosition {
  readonly id: string;
  readonly sweepAfter: number;
  /** Whether the row was to be deleted when it was found. */
  readonly isOld: boolean;
}

/** Sessions to end in batches, in the order of their ids. */
export interface CreatedSessions {
  /** Returns the ids of at most `limit` rows with a higher id that were created at a time or before, ended ones too. */
  page(time: number, after: string, limit: number): Promise<string[]>;

  /** Ends those that have not ended, and returns them. */
  end(
    ids: readonly string[],
    ending: Ending,
    onEnded?: OnEnded<RemovedSession>,
  ): Promise<RemovedSession[]>;
}

/** All sessions, live or not, in the order of their ids, which is that of their creation. */
export interface SurveyedSessions {
  /**
   * Returns at most `limit` sessions with an id below this one, the newest first, without their data. Those whose id does
   * not begin with the time of its creation are left out.
   */
  newest(below: string, limit: number): Promise<SurveyedRow[]>;

  /** Counts at most `limit` sessions with a higher id. */
  count(after: string, limit: number, condition: LiveCondition): Promise<SurveyedSlice>;
}

/** A session as the operators of an application see it, without its data. */
export type SurveyedRow = EndedOverview & Pick<SessionRow, 'userId'>;

/** How many sessions a part of the table holds. */
export interface SurveyedSlice {
  readonly live: number;
  readonly ended: number;
  /** Sessions that have expired, and are not deleted yet. */
  readonly expired: number;
  /** The highest id of the part; `undefined` if no session comes after the part. */
  readonly last: string | undefined;
}

/** How a call ends sessions. */
export interface Ending {
  /** The reason that the holder of the secret gets. */
  readonly reason: SessionEndReason;
  readonly now: number;
  /** Whether the row stays, without its data, so that the holder can get the reason; else it is deleted. */
  readonly keepsRow: boolean;
}

/** All sessions with their data, live or not. */
export interface OwnedDataSessions {
  /** Returns at most `limit` sessions with a higher id, in the order of their ids. */
  page(after: string, limit: number): Promise<OwnedData[]>;

  /**
   * Sets the owner of a session, if nobody has changed the session since it was read.
   *
   * @returns whether this call set it
   */
  setOwner(session: OwnedData, userId: string | null): Promise<boolean>;
}

/** A session's stored data and its owner, of one version. */
export type OwnedData = Pick<SessionRow, 'id' | 'userId' | 'data' | 'version'>;

/** The right to use a session: its id and the hash of its secret. */
export interface TokenCredential {
  readonly id: string;
  readonly secretHash: string;
  /**
   * The hash of a replaced token that uses this credential in its grace. Each statement checks that the grace still
   * lasts. Always present, so that it is never read from a polluted `Object.prototype`.
   */
  readonly replacedHash: string | undefined;
}

/** The time and the limits that decide whether a session is live. */
export interface LiveCondition {
  readonly now: number;
  /** Milliseconds after its creation at which every session ends. */
  readonly absoluteTimeout: number;
  /** Milliseconds after its latest renewal at which a session without its own lifetime ends. */
  readonly idleTimeout: number;
}

/** At most `limit` sessions; if `before` names one, only sessions that are older than it, or as old with a lower id. */
export interface Page {
  readonly limit: number;
  readonly before?: { readonly createdAt: number; readonly id: string } | undefined;
}

/** What must hold when an update is written, besides the credential. */
export interface UpdateConditions extends LiveCondition {
  /** `true`: the session may have expired, as long as it is within `absoluteTimeout` and before its own end. */
  readonly allowExpired?: boolean;
  /** The version that the change was made from. */
  readonly version?: number | undefined;
  /** The user who must own the session. */
  readonly owner?: string | undefined;
  /** The other session of an agent who acts, to which the session must be linked; `null`: to none. */
  readonly linkedTo?: string | null;
  /** The minimum, in milliseconds, that the renewal must add to the expiry. */
  readonly minGain?: number;
}

/** What an update sets. It always renews. */
export interface SessionPatch {
  readonly renewal: Renewal;
  readonly data?: string | undefined;
  /** `undefined` keeps the owner, `null` clears it. */
  readonly userId?: string | null | undefined;
  readonly rotation?: Rotation;
  /** The acting session that the session is linked to from now on; `null` for none. */
  readonly linkTo?: string | null;
}

/**
 * How a write renews a session: its expiry moves to `renewTimestamp` from now, or to its own lifetime from now if that is
 * shorter; never back, and never past the absolute limit or its own end.
 */
export interface Renewal {
  readonly renewTimestamp: number;
  /** `true`: the session's own lifetime counts even if it is longer. */
  readonly rolling: boolean;
  /** The own lifetime that the session gets. Its expiry then counts from now, and can move back. */
  readonly lifetime?: number | undefined;
}

/** The replacement of a secret by a new one. */
export interface Rotation {
  /** The hash of the new secret. */
  readonly secretHash: string;
  /** Until when the old secret may still read. */
  readonly previousValidUntil: number;
  /**
   * The hash that counts as the replaced one, if that is not the session's own. When an agent returns, the new token
   * replaces that of the acting session.
   */
  readonly previousHash?: string | undefined;
  /** `true`: the old secret may also write until then. */
  readonly previousMayWrite?: boolean;
  /** `true`: the user has just proved who they are. */
  readonly confirms?: boolean;
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

/** A limit, and the user whose sessions it counts. */
export interface UserSessionLimit extends SessionLimit {
  readonly userId: string;
}

/** Sessions of a user that exceeded the limit. */
export interface Surplus {
  /** Those that are ended, or are to be ended in the same transaction. */
  readonly sessions: readonly RemovedSession[];
  /** Whether there may be more. */
  readonly hasMore: boolean;
}

/** A row that is about to be inserted. */
export interface IssuedRow {
  readonly row: NewSessionRow;
  /** The version of the session that a part of its data was read from. */
  readonly carried: CarriedVersion | undefined;
}

/** What an insert replaces, and the limit that it must respect. */
export interface InsertScope {
  /** Sessions of the same client, which the insert ends. */
  readonly replaced: readonly TokenCredential[];
  /** The user whose sessions are counted, and their limit; `undefined` if there is no limit. */
  readonly limited: UserSessionLimit | undefined;
  /** Whether the rows of the ended sessions stay. */
  readonly keepsRows: boolean;
  /** The id of the replaced session whose data becomes part of the new row. */
  readonly carriedId: string | undefined;
  /** Returns the condition for live sessions, at the time when the insert runs. */
  readonly liveNow: () => LiveCondition;
  /** The mark of the credential that is exchanged for the new session. Both rows are added, or none. */
  readonly mark: ExchangeMark | undefined;
}

/**
 * A row that says that a credential was exchanged: the row of an ended session that opens for nobody. It stays until the
 * credential itself ends, whatever becomes of the session.
 */
export interface ExchangeMark extends Pick<SessionRow, 'id' | 'secretHash'> {
  /** When the credential ends. */
  readonly until: number;
}

/** A version of a session. */
export type CarriedVersion = Pick<SessionRow, 'id' | 'version'>;

/**
 * The inserted row, and the sessions that it replaced: the user's oldest, and those of the same client. The latter have their
 * users only if an agent acted.
 */
export interface Insertion<Issued> {
  readonly issued: Issued;
  readonly evicted: readonly RemovedSession[];
  /** Whether the user may still have more sessions than the limit. */
  readonly hasMore: boolean;
  readonly replaced: readonly RemovedSession[];
}

/** Gets sessions that have just ended. */
export type OnEnded<Session> = (sessions: readonly Session[]) => void;

/** A session that was ended or deleted. */
export interface RemovedSession {
  readonly id: string;
  readonly userId: string | null;
  /** The agent who acted as the user; `null` if none did, or if the row was not read. */
  readonly actorId: string | null;
}

/** A row that was deleted. */
export interface DeletedSession extends RemovedSession {
  /** Whether the session had been ended before. If so, its event was emitted then. */
  readonly hadEnded: boolean;
}
