import type { Observable } from 'rxjs';
import { MAX_MILLISECONDS, ownOptions } from '../common/checks.js';
import { checkEndReason, type SessionEndReason } from '../common/end-reason.js';
import { SessionStoreError } from '../common/session-error.js';
import type { Ending, ExchangeMark, RemovedSession, SessionStore } from './session-store.js';
import { reportedStore } from './reported-store.js';
import {
  hasEnded,
  isValidRow,
  newSessionRow,
  type DeviceBinding,
  type Lifespan,
} from './session-row.js';
import { effectiveExpiry, liveNow, renewed } from './expiry/expiry.js';
import { ownLifetime } from './expiry/own-lifetime.js';
import { renewalDueIn } from './expiry/renewal-due.js';
import { removeOld } from './expiry/remove-old.js';
import { upgradeLegacyToken, type LegacyUpgrade } from './token/legacy-token.js';
import type { ResolvedManagerOptions } from './manager.options.js';
import { RollingRenewal } from './expiry/rolling-renewal.js';
import { TokenVerifier } from './token/token-verifier.js';
import type { SessionChange } from './data/session-change.js';
import { ownerIn } from './data/owner.js';
import { SessionCodec } from './data/session-codec.js';
import { Acting, type Entry } from './operations/acting.js';
import { SessionCreation, type Login, type NewInsertion } from './operations/create.js';
import {
  SessionEvents,
  subjectOf,
  type RejectionReason,
  type SessionEvent,
} from './session-events.js';
import type {
  CreateSessionOptions,
  OwnerReassignment,
  ReassignOwnersOptions,
  RegenerateSessionOptions,
  RemoveAllSessionsOptions,
  RemoveExpiredSessionsOptions,
} from './call.options.js';
import type { OpenSession } from './token/verified-session.js';
import { SessionSweeper } from './expiry/sweeper.js';
import { SurplusEviction } from './operations/surplus-eviction.js';
import { SessionUpdates } from './operations/update.js';
import { resolveBatchOptions } from './operations/batch-options.js';
import { countBatches } from './operations/count-batches.js';
import { endAll } from './operations/end-all.js';
import { deletionNow, endingNow } from './operations/ending.js';
import { OwnerReassigning } from './operations/reassign-owners.js';
import { SessionSurvey } from './operations/session-survey.js';
import { SessionsOfUser } from './operations/user-sessions.js';
import type { Updated, WriteResult } from './operations/write-result.js';
import type { ParsedToken } from './token/token.js';
import { WatchedSessions } from './watch/watched-sessions.js';

/** An id that no session has: the Nil UUID of RFC 9562. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000';

/** A session that was created. */
export interface NewSession<T> {
  readonly token: string;
  /** Returns the session as a read returns it. */
  readonly open: () => OpenSession<T>;
}

/** All operations on sessions, which emit the events. `SessionManager` and `lib/http` both use it. */
export class SessionService<T = any> {
  readonly events$: Observable<SessionEvent>;
  /** The sessions of one user, by public id. */
  readonly ofUser: SessionsOfUser;
  /** All sessions, for the people who operate the application. */
  readonly survey: SessionSurvey;
  /** Verifies tokens and reads their sessions. */
  readonly verifier: TokenVerifier<T>;
  /** Renews sessions as requests use them; `undefined` if the option `rolling` is off. */
  readonly rolling: RollingRenewal | undefined;
  /** Tells watchers of ends of sessions. */
  readonly watched: WatchedSessions;

  /** Reports what the application should know and no call can report. */
  readonly warn: (warning: string) => void;
  readonly #store: SessionStore;
  readonly #options: ResolvedManagerOptions;
  readonly #codec: SessionCodec;
  readonly #creation: SessionCreation;
  readonly #acting: Acting<T>;
  readonly #updates: SessionUpdates<T>;
  readonly #reassigning: OwnerReassigning;
  readonly #events: SessionEvents;
  readonly #sweeper: SessionSweeper | undefined;
  readonly #eviction: SurplusEviction;

  /**
   * @param onBackgroundError gets errors in the background: of a sweep, a subscriber or a watch
   * @param warn gets what the application should know and no call can report
   */
  constructor(
    given: SessionStore,
    options: ResolvedManagerOptions,
    onBackgroundError: (problem: string, error: unknown) => void,
    warn: (warning: string) => void,
  ) {
    this.#options = options;
    this.warn = warn;
    this.#events = new SessionEvents(options.kind, options.clock, (error) =>
      onBackgroundError('A subscriber to events$ failed', error),
    );
    this.events$ = this.#events.events$;
    const store = reportedStore(given, (error) => {
      if (error instanceof SessionStoreError) {
        this.#events.emitFailure(error);
      }
    });
    this.#store = store;
    const codec = new SessionCodec(options, warn);
    this.#codec = codec;
    this.verifier = new TokenVerifier(store, codec, options);
    this.#creation = new SessionCreation(store, this.verifier, codec, options);
    this.#acting = new Acting(store, this.verifier, codec, options);
    this.#updates = new SessionUpdates(store, this.verifier, codec, options);
    this.#reassigning = new OwnerReassigning(store, codec, options.userId);
    this.rolling = options.rolling ? new RollingRenewal(store, this.#events, options) : undefined;
    this.#eviction = new SurplusEviction(store, this.#events, options, (error) =>
      onBackgroundError('Sessions beyond maxSessionsPerUser were not removed', error),
    );
    this.ofUser = new SessionsOfUser(store, this.#events, options);
    this.survey = new SessionSurvey(store, codec, this.#events, options);
    this.watched = new WatchedSessions(store, this.#events, options, onBackgroundError);
    this.#sweeper =
      options.cleanup &&
      new SessionSweeper(store, this.#events, options.clock, options.cleanup, (error) =>
        onBackgroundError('Expired sessions were not removed', error),
      );
  }

  /** The kind of the sessions. */
  get kind(): string {
    return this.#options.kind;
  }

  /** The maximum lifetime of a session, in milliseconds. */
  get maxLifetime(): number {
    return Math.min(this.#options.absoluteTimeout, MAX_MILLISECONDS);
  }

  /** The lifetime of a new session that gets none of its own, in milliseconds. */
  get defaultLifetime(): number {
    return this.#options.expireTime;
  }

  /** Returns the time by the option `clock`. */
  now(): number {
    return this.#options.clock.now();
  }

  /** Creates a session that replaces those of the same client. If this fails, none of them is removed. */
  async create(
    data: T,
    options: CreateSessionOptions,
    replaced: readonly ParsedToken[],
    login?: Login,
  ): Promise<NewSession<T>> {
    const credentials = replaced.map(({ credential }) => credential);
    const creation = this.#creation.create(data, options, credentials, login);
    return this.#created(await this.reporting(creation));
  }

  /**
   * Creates the session of a token that `deriveToken` returned, never of one that a caller chose.
   *
   * @param mark that of the credential which is exchanged for the session
   * @returns its owner; `undefined` if the id or the mark is taken
   */
  async createDerived(
    token: ParsedToken,
    data: T,
    options: CreateSessionOptions,
    mark?: ExchangeMark,
  ): Promise<{ readonly userId: string | null } | undefined> {
    const creation = this.#creation.createDerived(token, data, options, mark);
    const inserted = await this.reporting(creation);
    if (inserted) {
      this.#created(inserted);
    }
    return inserted?.issued.row;
  }

  /**
   * Creates the session of a derived token once more, now that its data names an owner: only an insert applies the limit of
   * sessions per user. The new row has the same id, so the old one is deleted. If the session has ended meanwhile, this does
   * nothing.
   */
  async recreateDerived(token: ParsedToken, data: T, options: CreateSessionOptions): Promise<void> {
    if (await this.#remove(token, 'replaced', deletionNow(this.#options))) {
      await this.createDerived(token, data, options);
    }
  }

  /** Whether the option `userId` finds an owner in this data. */
  hasOwner(data: T): boolean {
    return typeof ownerIn(data, this.#options.userId) === 'string';
  }

  #created(inserted: NewInsertion): NewSession<T> {
    const { token, row } = inserted.issued;
    for (const session of inserted.replaced) {
      this.#events.emit({ type: 'removed', ...subjectOf(session), reason: 'replaced' });
    }
    for (const session of inserted.evicted) {
      this.#events.emit({ type: 'evicted', ...subjectOf(session) });
    }
    this.#events.emit({ type: 'created', ...subjectOf(row) });
    if (inserted.hasMore && this.#options.sessionLimit && row.userId !== null) {
      this.#eviction.start({ ...this.#options.sessionLimit, userId: row.userId });
    }
    return {
      token: token.token,
      open: () => this.verifier.open(token, 'live', newSessionRow(row)),
    };
  }

  /** Returns the token that replaces a legacy one at the next write; `undefined` for any other token. */
  upgradeLegacyToken(token: ParsedToken): LegacyUpgrade | undefined {
    return upgradeLegacyToken(token, this.#options.clock.now());
  }

  /** Replaces or changes the session's data, and upgrades a legacy token in the same statement. */
  async update(
    token: ParsedToken,
    update: T | SessionChange<T>,
    options: { readonly sameUser: boolean; readonly expireTime: number | undefined },
    upgrade?: LegacyUpgrade,
  ): Promise<WriteResult<Updated<T>>> {
    const { sameUser, expireTime } = options;
    const rules = { sameUser, rotation: upgrade?.rotation, lifetime: this.#lifetime(expireTime) };
    try {
      const result = await this.#updates.update(token.credential, update, rules);
      return this.#written('updated', token, upgrade, result);
    } catch (error) {
      const writer = await this.reporting(this.verifier.writerInGrace(token, error));
      return this.update(writer, update, options);
    }
  }

  /** Extends the session, and upgrades a legacy token in the same statement. */
  async renew(
    token: ParsedToken,
    options: { readonly allowExpired: boolean; readonly expireTime: number | undefined },
    upgrade?: LegacyUpgrade,
  ): Promise<WriteResult<void>> {
    const { allowExpired, expireTime } = options;
    const rules = {
      allowExpired,
      rotation: upgrade?.rotation,
      lifetime: this.#lifetime(expireTime),
    };
    try {
      const result = await this.#updates.renew(token.credential, rules);
      return this.#written('renewed', token, upgrade, result);
    } catch (error) {
      const writer = await this.reporting(this.verifier.writerInGrace(token, error));
      return this.renew(writer, options);
    }
  }

  /** Makes a legacy token valid again, if its replacement can't be sent to the client any more. */
  async undoUpgrade(legacyToken: ParsedToken, token: ParsedToken): Promise<void> {
    const rotation = { secretHash: legacyToken.credential.secretHash, previousValidUntil: 0 };
    const rules = { allowExpired: false, rotation, lifetime: undefined };
    await this.#updates.renew(token.credential, rules);
  }

  /**
   * Gives the session a new token, and changes its data in the same statement if the options say so.
   *
   * @param confirms whether the user has just proved who they are
   */
  async regenerate(
    { credential }: ParsedToken,
    options: RegenerateSessionOptions<T>,
    confirms = false,
  ): Promise<WriteResult<Updated<T> | undefined>> {
    const regenerating = this.#updates.regenerate(credential, options, confirms);
    const regenerated = await this.reporting(regenerating);
    if (options.grace) {
      this.#events.emit({ type: 'regenerated', id: credential.id });
    } else {
      this.#rotated(credential.id);
    }
    return regenerated;
  }

  /** Returns the columns that bind a live session to a browser; `undefined` if there is no such session. */
  async liveBinding(id: string): Promise<DeviceBinding | undefined> {
    const row = await this.#store.find(id);
    const isLive =
      row &&
      isValidRow(row) &&
      !hasEnded(row) &&
      effectiveExpiry(row, this.#options) > this.#options.clock.now();
    return isLive ? row : undefined;
  }

  /** Binds a live session to the public key of a browser, once. Returns whether this call bound it. */
  bind(id: string, deviceKey: string): Promise<boolean> {
    return this.#store.bind(id, deviceKey, liveNow(this.#options));
  }

  /**
   * Returns the secret of a session that can be bound, and `undefined` for others.
   *
   * @throws SessionDataError if it can't be decrypted
   */
  deviceSecret({ id, deviceSecret }: DeviceBinding): string | undefined {
    return deviceSecret === null ? undefined : this.#codec.openSecret(id, deviceSecret);
  }

  /** Creates a session in which the user of this one acts as another user, for some milliseconds. */
  async enter(agent: ParsedToken, data: T, lasting: number): Promise<Entry<T>> {
    const entry = await this.reporting(this.#acting.enter(agent, data, lasting));
    this.#events.emit({ type: 'created', ...subjectOf(entry.subject) });
    this.#rotated(agent.credential.id);
    return entry;
  }

  /**
   * Ends the acting session of this token, and returns that of its agent with a new token; `undefined` if the session is not an
   * acting one.
   */
  async leave(token: ParsedToken): Promise<OpenSession<T> | undefined> {
    const left = await this.reporting(this.#acting.leave(token));
    if (!left) {
      return undefined;
    }
    if (left.isEnded) {
      // Also if there is no session to return to.
      this.#events.emit({ type: 'removed', reason: 'logout', ...subjectOf(left.acting) });
    }
    const agent = await this.reporting(this.#acting.return(left));
    this.#rotated(agent.credential.id);
    return agent;
  }

  /**
   * Ends the session of an agent and the one in which they act, unless they have returned from this acting session before.
   *
   * @param event the reason in the events
   */
  async removeAgent(
    id: string,
    actingId: string,
    event: 'logout' | 'replaced',
    reason: SessionEndReason = event,
  ): Promise<void> {
    if ((await this.#store.find(id))?.actorSessionId !== actingId) {
      return;
    }
    const ending = endingNow(reason, this.#options);
    await this.#store.ofUser.removeById(id, undefined, ending, (ended) =>
      this.#loggedOut(ended, event, reason),
    );
  }

  /** Ends the session. Also the reason is checked without a token. */
  async remove(token: ParsedToken | undefined, reason: SessionEndReason = 'logout'): Promise<void> {
    const ending = endingNow(checkEndReason(reason), this.#options);
    await (token && this.#remove(token, 'logout', ending));
  }

  /** Deletes what has expired by now, and counts it. Also deletes the rows of ended sessions after their retention. */
  removeExpired(options: RemoveExpiredSessionsOptions): Promise<number> {
    const { clock, retention } = this.#options;
    const now = clock.now();
    const batchOptions = resolveBatchOptions('removeExpiredSessions', options, 1000);
    const age = { expired: now, ended: now - retention };
    const batches = removeOld(this.#store.old, age, batchOptions.batchSize, (deleted) =>
      this.#events.expired(deleted),
    );
    return countBatches(batches, batchOptions, ({ hadEnded }) => !hadEnded);
  }

  /** Ends what was created by now, and counts it. */
  removeAll(options: RemoveAllSessionsOptions): Promise<number> {
    const known = ['batchSize', 'onProgress', 'signal', 'reason'];
    const { reason = 'revoked', ...rest } = ownOptions('removeAllSessions options', options, known);
    const ending = endingNow(checkEndReason(reason), this.#options);
    const batchOptions = resolveBatchOptions('removeAllSessions', rest, 1000);
    const batches = endAll(this.#store.created, ending, batchOptions.batchSize, (ended) => {
      for (const session of ended) {
        this.#events.emit({ type: 'removed', reason: 'all', ...subjectOf(session) }, reason);
      }
    });
    return countBatches(batches, batchOptions, () => true);
  }

  /** Gives each session the owner that its data names now. */
  reassignOwners(options: ReassignOwnersOptions): Promise<OwnerReassignment> {
    return this.#reassigning.run(resolveBatchOptions('reassignOwners', options, 100));
  }

  /** Waits for a call. If it fails, this emits the event; for errors of the store, the store has done so already. */
  async reporting<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof SessionStoreError)) {
        this.reportFailure(error);
      }
      throw error;
    }
  }

  /** Emits the event of a call that failed, unless there was just no live session. */
  reportFailure(error: unknown): void {
    this.#events.emitFailure(error);
  }

  /** Looks up a session that does not exist, together with the lookups of requests. */
  async ping(): Promise<void> {
    await this.#store.find(NO_SESSION);
  }

  /** Emits the event of a refused request. */
  reject(reason: RejectionReason): void {
    this.#events.emit({ type: 'rejected', reason });
  }

  /** Returns a session that has just been renewed, with the times that the database computed. */
  afterRenewal(session: OpenSession<T>, expireTime?: number): OpenSession<T> {
    const now = this.#options.clock.now();
    return this.withLifespan(session, renewed(session.lifespan, now, this.#options, expireTime));
  }

  /** Returns the session with other times. */
  withLifespan(session: OpenSession<T>, lifespan: Lifespan): OpenSession<T> {
    const expiresAt = new Date(effectiveExpiry(lifespan, this.#options));
    const record = { ...session.record, renewedAt: new Date(lifespan.renewedAt), expiresAt };
    return { ...session, record, lifespan };
  }

  /** Returns the maximum of milliseconds that the session can still live, however often it is renewed. */
  longestLifeOf({ createdAt, endsAt }: Lifespan): number {
    const { clock, absoluteTimeout } = this.#options;
    return Math.min(createdAt + absoluteTimeout, endsAt ?? Infinity) - clock.now();
  }

  /**
   * Returns in how many milliseconds a renewal of the session adds enough to be worth a write; `undefined` if none ever
   * does.
   */
  renewalDueIn(lifespan: Lifespan): number | undefined {
    return renewalDueIn(lifespan, this.#options.clock.now(), this.#options);
  }

  /** Starts to remove expired sessions in the background, unless `cleanup` is `false`. */
  startCleanup(): void {
    this.#sweeper?.start();
  }

  async close(): Promise<void> {
    this.watched.close();
    await this.#sweeper?.stop();
    await this.#eviction.stop();
    await this.#store.close();
    this.#events.close();
  }

  /** Returns whether there was a session to end. */
  async #remove(
    { credential }: ParsedToken,
    reason: 'logout' | 'replaced',
    ending: Ending,
  ): Promise<boolean> {
    const removed = await this.#store.remove(credential, ending, (ended) =>
      this.#loggedOut(ended, reason, ending.reason),
    );
    return removed.length > 0;
  }

  #loggedOut(
    sessions: readonly RemovedSession[],
    reason: 'logout' | 'replaced',
    word: SessionEndReason,
  ): void {
    for (const session of sessions) {
      this.#events.emit({ type: 'removed', ...subjectOf(session), reason }, word);
    }
  }

  /** Reports that a session has another token, and that the one before opens it no longer. */
  #rotated(id: string): void {
    this.#events.emit({ type: 'regenerated', id });
    this.watched.end({ id, reason: 'rotated' });
  }

  #lifetime(expireTime: number | undefined): number | undefined {
    return expireTime === undefined
      ? undefined
      : ownLifetime(expireTime, this.#options.absoluteTimeout);
  }

  #written<Result>(
    type: 'updated' | 'renewed',
    token: ParsedToken,
    upgrade: LegacyUpgrade | undefined,
    result: Result,
  ): WriteResult<Result> {
    const { id } = token.credential;
    this.#events.emit({ type, id });
    if (upgrade) {
      this.#events.emit({ type: 'regenerated', id });
    }
    return { token: upgrade?.token ?? token, result };
  }
}
