import { checkEndReason, type SessionEndReason } from '../common/end-reason.js';
import { SessionStoreError } from '../common/session-error.js';
import { AllSessions } from './bulk/all-sessions.js';
import { SessionSurvey } from './bulk/session-survey.js';
import { SessionsOfUser } from './bulk/user-sessions.js';
import type { CreateSessionOptions, RegenerateSessionOptions } from './call.options.js';
import { ownerIn } from './data/owner.js';
import type { SessionChange } from './data/session-change.js';
import { SessionCodec } from './data/session-codec.js';
import { Lifespans } from './expiry/lifespans.js';
import { ownLifetime } from './expiry/own-lifetime.js';
import { RollingRenewal } from './expiry/rolling-renewal.js';
import { SessionSweeper } from './expiry/sweeper.js';
import type { ResolvedManagerOptions } from './manager.options.js';
import { Acting } from './operations/acting.js';
import { SessionCreation, type Login, type NewInsertion } from './operations/create.js';
import { DeviceBindings } from './operations/device-bindings.js';
import { deletionNow, endingNow } from './operations/ending.js';
import { SurplusEviction } from './operations/surplus-eviction.js';
import { SessionUpdates } from './operations/update.js';
import type { Updated, WriteResult } from './operations/write-result.js';
import { reportedStore } from './reported-store.js';
import { SessionEvents, subjectOf } from './session-events.js';
import { newSessionRow } from './session-row.js';
import type { Ending, ExchangeMark, SessionStore } from './session-store.js';
import { upgradeLegacyToken, type LegacyUpgrade } from './token/legacy-token.js';
import { TokenVerifier } from './token/token-verifier.js';
import type { ParsedToken } from './token/token.js';
import type { OpenSession } from './token/verified-session.js';
import { WatchedSessions } from './watch/watched-sessions.js';

/** An id that no session has: the Nil UUID of RFC 9562. */
const NO_SESSION = '00000000-0000-0000-0000-000000000000';

/** A session that was created. */
export interface NewSession<T> {
  readonly token: string;
  /** Returns the session as a read returns it. */
  readonly open: () => OpenSession<T>;
}

/**
 * Creates, changes and ends single sessions, and emits the events. Its properties do the rest: lists, bulk calls, acting,
 * watches. `SessionManager` and `lib/http` both use it.
 */
export class SessionService<T = any> {
  readonly events: SessionEvents;
  /** The sessions of one user, by public id. */
  readonly ofUser: SessionsOfUser;
  /** The sessions of all users. */
  readonly all: AllSessions;
  /** All sessions, for the people who operate the application. */
  readonly survey: SessionSurvey;
  /** Lets agents act as users. */
  readonly acting: Acting<T>;
  /** Binds sessions to browsers. */
  readonly devices: DeviceBindings;
  /** How long sessions live. */
  readonly lifespans: Lifespans;
  /** Verifies tokens and reads their sessions. */
  readonly verifier: TokenVerifier<T>;
  /** Renews sessions as requests use them; `undefined` if the option `rolling` is off. */
  readonly rolling: RollingRenewal | undefined;
  /** Tells watchers when their sessions end. */
  readonly watched: WatchedSessions;

  /** Reports what the application should know and no call can report. */
  readonly warn: (warning: string) => void;
  readonly #store: SessionStore;
  readonly #options: ResolvedManagerOptions;
  readonly #creation: SessionCreation;
  readonly #updates: SessionUpdates<T>;
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
    this.events = new SessionEvents(options.kind, options.clock, (error) =>
      onBackgroundError('A subscriber to events$ failed', error),
    );
    const store = reportedStore(given, (error) => {
      if (error instanceof SessionStoreError) {
        this.events.emitFailure(error);
      }
    });
    this.#store = store;
    const codec = new SessionCodec(options, warn);
    this.verifier = new TokenVerifier(store, codec, options);
    this.#creation = new SessionCreation(store, this.verifier, codec, options);
    this.acting = new Acting(store, this.verifier, codec, this.events, options);
    this.devices = new DeviceBindings(store, codec, options);
    this.lifespans = new Lifespans(options);
    this.#updates = new SessionUpdates(store, this.verifier, codec, options);
    this.rolling = options.rolling ? new RollingRenewal(store, this.events, options) : undefined;
    this.#eviction = new SurplusEviction(store, this.events, options, (error) =>
      onBackgroundError('Sessions beyond maxSessionsPerUser were not removed', error),
    );
    this.ofUser = new SessionsOfUser(store, this.events, options);
    this.all = new AllSessions(store, codec, this.events, options);
    this.survey = new SessionSurvey(store, codec, this.events, options);
    this.watched = new WatchedSessions(store, this.events, options, onBackgroundError);
    this.#sweeper =
      options.cleanup &&
      new SessionSweeper(store, this.events, options.clock, options.cleanup, (error) =>
        onBackgroundError('Expired sessions were not removed', error),
      );
  }

  /** The kind of the sessions. */
  get kind(): string {
    return this.#options.kind;
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
    return this.#created(await this.events.reporting(creation));
  }

  /**
   * Creates the session of a token that `deriveToken` returned, never of one that a caller chose.
   *
   * @param mark the mark of the credential that is exchanged for the session
   * @returns its owner; `undefined` if the id or the mark is taken
   */
  async createDerived(
    token: ParsedToken,
    data: T,
    options: CreateSessionOptions,
    mark?: ExchangeMark,
  ): Promise<{ readonly userId: string | null } | undefined> {
    const creation = this.#creation.createDerived(token, data, options, mark);
    const inserted = await this.events.reporting(creation);
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

  /** Returns whether the option `userId` finds an owner in this data. */
  hasOwner(data: T): boolean {
    return typeof ownerIn(data, this.#options.userId) === 'string';
  }

  #created(inserted: NewInsertion): NewSession<T> {
    const { token, row } = inserted.issued;
    this.events.removed(inserted.replaced, 'replaced');
    for (const session of inserted.evicted) {
      this.events.emit({ type: 'evicted', ...subjectOf(session) });
    }
    this.events.emit({ type: 'created', ...subjectOf(row) });
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
      const writer = await this.events.reporting(this.verifier.writerInGrace(token, error));
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
      const writer = await this.events.reporting(this.verifier.writerInGrace(token, error));
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
    const regenerated = await this.events.reporting(regenerating);
    if (options.grace) {
      this.events.emit({ type: 'regenerated', id: credential.id });
    } else {
      this.events.rotated(credential.id);
    }
    return regenerated;
  }

  /** Ends the session. The reason is checked even if there is no token. */
  async remove(token: ParsedToken | undefined, reason: SessionEndReason = 'logout'): Promise<void> {
    const ending = endingNow(checkEndReason(reason), this.#options);
    await (token && this.#remove(token, 'logout', ending));
  }

  /** Looks up a session that does not exist, together with the lookups of requests. */
  async ping(): Promise<void> {
    await this.#store.find(NO_SESSION);
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
    this.events.close();
  }

  /** Ends the session of a token. Returns whether there was one. */
  async #remove(
    { credential }: ParsedToken,
    reason: 'logout' | 'replaced',
    ending: Ending,
  ): Promise<boolean> {
    const removed = await this.#store.remove(credential, ending, (ended) =>
      this.events.removed(ended, reason, ending.reason),
    );
    return removed.length > 0;
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
    this.events.emit({ type, id });
    if (upgrade) {
      this.events.emit({ type: 'regenerated', id });
    }
    return { token: upgrade?.token ?? token, result };
  }
}
