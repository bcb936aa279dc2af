import type { Observable } from 'rxjs';
import type { SessionStore } from './session-store.js';
import { newSessionRow } from './session-row.js';
import { renewedExpiry } from './expiry/expiry.js';
import { removeAllOld } from './expiry/remove-old.js';
import { upgradeLegacyToken, type LegacyUpgrade } from './token/legacy-token.js';
import type { ResolvedManagerOptions } from './manager.options.js';
import { RollingRenewal } from './expiry/rolling-renewal.js';
import { TokenVerifier } from './token/token-verifier.js';
import type { SessionChange } from './data/session-change.js';
import { SessionCodec } from './data/session-codec.js';
import { SessionCreation } from './operations/create.js';
import {
  SessionEvents,
  subjectOf,
  type RejectionReason,
  type SessionEvent,
} from './session-events.js';
import type {
  CreateSessionOptions,
  RegenerateSessionOptions,
  RemoveExpiredSessionsOptions,
  RenewSessionOptions,
  UpdateSessionOptions,
} from './call.options.js';
import type { OpenSession } from './token/verified-session.js';
import type { SessionRecord } from './session-record.js';
import { SessionSweeper } from './expiry/sweeper.js';
import { SessionUpdates } from './operations/update.js';
import { SessionsOfUser } from './operations/user-sessions.js';
import type { Updated, WriteResult } from './operations/write-result.js';
import type { ParsedToken } from './token/token.js';

/** A session that was created. */
export interface NewSession<T> {
  readonly token: string;
  /** Returns the session as a read returns it. */
  readonly open: () => OpenSession<T>;
}

/** All operations on sessions, which emit the events. `SessionManager` and the HTTP floor both use it. */
export class SessionService<T = any> {
  readonly events$: Observable<SessionEvent>;
  /** The sessions of one user, by public id. */
  readonly ofUser: SessionsOfUser;
  /** Verifies tokens and reads their sessions. */
  readonly verifier: TokenVerifier<T>;
  /** Renews sessions as requests use them; `undefined` if the option `rolling` is off. */
  readonly rolling: RollingRenewal | undefined;
  readonly #store: SessionStore;
  readonly #options: ResolvedManagerOptions;
  readonly #creation: SessionCreation;
  readonly #updates: SessionUpdates<T>;
  readonly #events: SessionEvents;
  readonly #sweeper: SessionSweeper | undefined;

  /**
   * @param onBackgroundError gets errors in the background: of a sweep, or of a subscriber
   * @param warn gets mistakes of the application that no call can report
   */
  constructor(
    store: SessionStore,
    options: ResolvedManagerOptions,
    onBackgroundError: (problem: string, error: unknown) => void,
    warn: (warning: string) => void,
  ) {
    this.#store = store;
    this.#options = options;
    const codec = new SessionCodec(options, warn);
    this.verifier = new TokenVerifier(store, codec, options);
    this.#creation = new SessionCreation(store, codec, options);
    this.#updates = new SessionUpdates(store, this.verifier, codec, options);
    this.#events = new SessionEvents(options.clock, (error) =>
      onBackgroundError('A subscriber to events$ failed', error),
    );
    this.events$ = this.#events.events$;
    this.rolling = options.rolling ? new RollingRenewal(store, this.#events, options) : undefined;
    this.ofUser = new SessionsOfUser(store, this.#events, options);
    this.#sweeper =
      options.cleanup &&
      new SessionSweeper(store, this.#events, options.clock, options.cleanup, (error) =>
        onBackgroundError('Expired sessions were not removed', error),
      );
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
  ): Promise<NewSession<T>> {
    const credentials = replaced.map(({ credential }) => credential);
    const inserted = await this.#creation.create(data, options, credentials);
    const { token, row } = inserted.issued;
    for (const id of inserted.replaced) {
      this.#events.emit({ type: 'removed', id, reason: 'replaced' });
    }
    for (const session of inserted.evicted) {
      this.#events.emit({ type: 'evicted', ...subjectOf(session) });
    }
    this.#events.emit({ type: 'created', ...subjectOf(row) });
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
    { sameUser = false }: UpdateSessionOptions,
    upgrade?: LegacyUpgrade,
  ): Promise<WriteResult<Updated<T>>> {
    const rules = { sameUser, rotation: upgrade?.rotation };
    try {
      const result = await this.#updates.update(token.credential, update, rules);
      return this.#written('updated', token, upgrade, result);
    } catch (error) {
      return this.update(await this.verifier.writerInGrace(token, error), update, { sameUser });
    }
  }

  /** Extends the session to `renewTimestamp` from now, and upgrades a legacy token in the same statement. */
  async renew(
    token: ParsedToken,
    { allowExpired = false }: RenewSessionOptions,
    upgrade?: LegacyUpgrade,
  ): Promise<WriteResult<void>> {
    try {
      const { credential } = token;
      const result = await this.#updates.renew(credential, allowExpired, upgrade?.rotation);
      return this.#written('renewed', token, upgrade, result);
    } catch (error) {
      return this.renew(await this.verifier.writerInGrace(token, error), { allowExpired });
    }
  }

  /** Makes a legacy token valid again, if its replacement can't be sent to the client any more. */
  async undoUpgrade(legacyToken: ParsedToken, token: ParsedToken): Promise<void> {
    const rotation = { secretHash: legacyToken.credential.secretHash, previousValidUntil: 0 };
    await this.#updates.renew(token.credential, false, rotation);
  }

  /** Gives the session a new token, and changes its data in the same statement if the options say so. */
  async regenerate(
    { credential }: ParsedToken,
    options: RegenerateSessionOptions<T>,
  ): Promise<WriteResult<Updated<T> | undefined>> {
    const regenerated = await this.#updates.regenerate(credential, options);
    this.#events.emit({ type: 'regenerated', id: credential.id });
    return regenerated;
  }

  async remove({ credential }: ParsedToken): Promise<void> {
    if (await this.#store.remove(credential, this.#options.clock.now())) {
      this.#events.emit({ type: 'removed', id: credential.id, reason: 'logout' });
    }
  }

  /** Deletes what has expired by now, and counts it. */
  removeExpired(options: RemoveExpiredSessionsOptions): Promise<number> {
    const now = this.#options.clock.now();
    const method = 'removeExpiredSessions';
    return removeAllOld(this.#store.expired, now, method, options, (session) =>
      this.#events.emit({ type: 'expired', ...subjectOf(session) }),
    );
  }

  /** Deletes what was created by now, and counts it. */
  removeAll(options: RemoveExpiredSessionsOptions): Promise<number> {
    const now = this.#options.clock.now();
    return removeAllOld(this.#store.created, now, 'removeAllSessions', options, (session) =>
      this.#events.emit({ type: 'removed', reason: 'all', ...subjectOf(session) }),
    );
  }

  /** Emits the event of a refused request. */
  reject(reason: RejectionReason): void {
    this.#events.emit({ type: 'rejected', reason });
  }

  /** Returns the expiry of a session that has just been renewed, as the database computed it. */
  expiryAfterRenewal({ createdAt, expiresAt }: SessionRecord): Date {
    const session = { createdAt: createdAt.getTime(), expiresAt: expiresAt.getTime() };
    return new Date(renewedExpiry(session, this.#options.clock.now(), this.#options));
  }

  /** Returns the maximum of milliseconds that the session can still live, however often it is renewed. */
  longestLifeOf({ createdAt }: SessionRecord): number {
    return createdAt.getTime() + this.#options.absoluteTimeout - this.#options.clock.now();
  }

  /** Starts to remove expired sessions in the background, unless `cleanup` is `false`. */
  startCleanup(): void {
    this.#sweeper?.start();
  }

  async close(): Promise<void> {
    await this.#sweeper?.stop();
    await this.#store.close();
    this.#events.close();
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
