import { timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { checkInteger, checkKeys, checkMilliseconds } from '../common/checks.js';
import {
  SessionConflictError,
  SessionExpiredError,
  SessionNotFoundError,
  SessionStoreError,
  SessionsConfigurationError,
} from '../common/session-error.js';
import type { SequelizeSessionStore, SessionProof } from '../store/sequelize-session.store.js';
import { newSessionRow, type SessionRow } from '../store/session-row.js';
import { endOf, renewedExpiry } from './expiry.js';
import type { ResolvedManagerOptions } from './manager.options.js';
import { RollingRenewal } from './rolling-renewal.js';
import { applyChange, type SessionChange } from './session-change.js';
import { SessionCodec } from './session-codec.js';
import { ownerId } from './session-owner.js';
import { clientColumns, recordOf, type SessionRecord } from './session-record.js';
import type {
  CreateSessionOptions,
  RemoveExpiredSessionsOptions,
  RenewSessionOptions,
  UpdateSessionOptions,
} from './session-manager.options.js';
import { issueToken, parseToken } from './token.js';
import { TurnQueue } from './turn-queue.js';

/** Tries of one update by `change`; four processes that do nothing else on one session have needed 27. */
const UPDATE_TRIES = 64;

/**
 * Creates, reads, changes and ends sessions by their tokens: in requests, workers, cron jobs and scripts alike. Inject it
 * by its class, or get one from `init()`.
 *
 * Whatever is not a token of exactly the right form is *not found*, without a statement. Besides the errors named at each
 * method, every one throws `SessionStoreError` where the database is away, late or closed.
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
  readonly #store: SequelizeSessionStore;
  readonly #options: ResolvedManagerOptions;
  readonly #codec: SessionCodec;
  readonly #rolling: RollingRenewal;
  readonly #updates = new TurnQueue();

  /** @internal */
  constructor(store: SequelizeSessionStore, options: ResolvedManagerOptions) {
    this.#store = store;
    this.#options = options;
    this.#codec = new SessionCodec(options.maxDataBytes);
    this.#rolling = new RollingRenewal(store, options);
  }

  /**
   * Creates a session that lives for `expireTime` and returns its token, which is kept nowhere: only a hash of its
   * secret is stored.
   *
   * @throws SessionDataError, SessionDataTooLargeError, SessionsConfigurationError for wrong options
   */
  async createSession(data?: T, options: CreateSessionOptions = {}): Promise<string> {
    checkKeys('createSession options', options, ['expireTime', 'userId', 'client']);
    return (await this.startSession(data as T, options)).token;
  }

  /**
   * The session's data. Reading never writes, and is not activity.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async retrieveSession(token: string): Promise<T> {
    return (await this.inspectSession(token)).data;
  }

  /**
   * All that is known of the session but its token: public id, data, owner, dates, client, version.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async inspectSession(token: string): Promise<SessionRecord<T>> {
    return this.#record(await this.#findLive(proofOf(token)));
  }

  /**
   * Replaces the session's data and renews it, in one statement; the last writer wins.
   *
   * @returns the new data; `undefined` is stored and returned as `null`
   * @throws SessionNotFoundError, SessionExpiredError: no update revives a session; SessionDataError,
   * SessionDataTooLargeError
   */
  updateSession(token: string, data: T, options?: UpdateSessionOptions): Promise<T>;
  /**
   * Changes the session's data and renews it, so that no parallel writer's change is lost: `change` is applied to the
   * newest data, and again to newer where another writer came first.
   *
   * @returns the new data
   * @throws SessionConflictError after a bounded number of tries, with nothing written; and as above
   */
  updateSession(
    token: string,
    change: SessionChange<T>,
    options?: UpdateSessionOptions,
  ): Promise<T>;
  async updateSession(
    token: string,
    update: T | SessionChange<T>,
    options: UpdateSessionOptions = {},
  ): Promise<T> {
    checkKeys('updateSession options', options, ['sameUser']);
    const proof = proofOf(token);
    return typeof update === 'function'
      ? this.#updates.run(proof.id, () => this.#change(proof, update as SessionChange<T>, options))
      : this.#replace(proof, update, options);
  }

  /**
   * Guarantees the session `renewTimestamp` from now, never past `absoluteTimeout`, and never shortens it. An expired
   * one is renewed only with `allowExpired: true`.
   *
   * @throws SessionNotFoundError, SessionExpiredError
   */
  async renewSession(token: string, options: RenewSessionOptions = {}): Promise<true> {
    checkKeys('renewSession options', options, ['allowExpired']);
    const proof = proofOf(token);
    const conditions = { ...this.#moment(), allowExpired: options.allowExpired ?? false };
    if (!(await this.#store.update(proof, conditions, { renewUntil: this.#renewUntil() }))) {
      await this.#findLive(proof);
    }
    return true;
  }

  /** Ends the session. `true` also where it is gone already, or the token is malformed. */
  async removeSession(token: string): Promise<true> {
    const proof = parseToken(token);
    if (proof) {
      await this.#store.remove(proof);
    }
    return true;
  }

  /**
   * Deletes all sessions that have expired by now, batch by batch, beside live traffic and other instances.
   *
   * @returns how many were deleted
   */
  async removeExpiredSessions(options: RemoveExpiredSessionsOptions = {}): Promise<number> {
    checkKeys('removeExpiredSessions options', options, ['batchSize', 'onProgress', 'signal']);
    const batchSize = checkInteger('batchSize', options.batchSize ?? 1000, 1, 1000);
    const now = this.#options.clock.now();
    let removed = 0;
    while (!options.signal?.aborted) {
      const ids = await this.#store.findExpired(now, batchSize);
      if (ids.length === 0) {
        break;
      }
      removed += await this.#store.removeExpired(ids, now);
      options.onProgress?.(removed);
    }
    return removed;
  }

  /**
   * Refuses every later call with `SessionStoreError` and, where `init()` opened the connection, closes it. In a Nest
   * application the module does this at shutdown.
   */
  async close(): Promise<void> {
    await this.#store.close();
  }

  /**
   * Creates a session in the place of those that the same client had; nothing is removed where the new one is refused.
   *
   * @internal
   */
  async startSession(
    data: T,
    { expireTime, userId, client = {} }: CreateSessionOptions,
    replaced: readonly string[] = [],
  ): Promise<{ token: string; record: SessionRecord<T> }> {
    const now = this.#options.clock.now();
    const row = {
      userId: (userId === undefined ? this.#ownerOf(data) : ownerId(userId)) ?? null,
      data: this.#codec.encode(data),
      ...clientColumns(client),
      createdAt: now,
      expiresAt: now + this.#lifetime(expireTime),
    };
    for (const token of replaced) {
      await this.removeSession(token);
    }
    for (let tries = 0; tries < 3; tries++) {
      const { token, proof } = issueToken(now);
      const inserted = { ...proof, ...row };
      if (await this.#store.insert(inserted)) {
        return { token, record: this.#record(newSessionRow(inserted)) };
      }
    }
    throw new SessionStoreError('Three random session ids in a row were taken, so none was used.');
  }

  /**
   * Milliseconds that the session can live at the most, however often it is renewed.
   *
   * @internal
   */
  longestLifeOf({ createdAt }: SessionRecord): number {
    return createdAt.getTime() + this.#options.absoluteTimeout - this.#options.clock.now();
  }

  /**
   * Renews a session that a request has just used, where that is due.
   *
   * @internal
   */
  async renewIfDue(token: string, record: SessionRecord): Promise<Date> {
    return this.#rolling.renew(proofOf(token), record);
  }

  /**
   * The expiry of a session that has just been renewed, as the database computed it.
   *
   * @internal
   */
  expiryAfterRenewal({ createdAt, expiresAt }: SessionRecord): Date {
    const session = { createdAt: createdAt.getTime(), expiresAt: expiresAt.getTime() };
    return new Date(renewedExpiry(session, this.#options.clock.now(), this.#options));
  }

  async #replace(proof: SessionProof, data: T, { sameUser }: UpdateSessionOptions): Promise<T> {
    const userId = this.#ownerOf(data);
    const owner = sameUser && userId ? { owner: userId } : {};
    const change = { renewUntil: this.#renewUntil(), data: this.#codec.encode(data), userId };
    if (!(await this.#store.update(proof, { ...this.#moment(), ...owner }, change))) {
      const row = await this.#findLive(proof);
      refuseOtherUser(row, userId, sameUser);
      throw new SessionConflictError(
        'The session changed at the same moment; nothing was written.',
      );
    }
    return data ?? (null as T);
  }

  async #change(
    proof: SessionProof,
    change: SessionChange<T>,
    { sameUser }: UpdateSessionOptions,
  ): Promise<T> {
    for (let tries = 1; tries <= UPDATE_TRIES; tries++) {
      const row = await this.#findLive(proof);
      const data = await applyChange(change, () => this.#decode(row));
      const userId = this.#ownerOf(data);
      refuseOtherUser(row, userId, sameUser);
      const conditions = { ...this.#moment(), version: row.version };
      const changed = { renewUntil: this.#renewUntil(), data: this.#codec.encode(data), userId };
      if (await this.#store.update(proof, conditions, changed)) {
        return data ?? (null as T);
      }
      await pause(Math.random() * Math.min(2 ** tries, 50));
    }
    throw new SessionConflictError(
      `Other writers changed the session ${UPDATE_TRIES} times in a row; nothing was written.`,
    );
  }

  /** The row that the proof is good for; a wrong secret is *not found*, so that only its holder hears *expired*. */
  async #findLive(proof: SessionProof): Promise<SessionRow> {
    const row = await this.#store.find(proof.id);
    if (!row || !sameHash(row.secretHash, proof.secretHash)) {
      throw new SessionNotFoundError();
    }
    if (endOf(row, this.#options) <= this.#options.clock.now()) {
      throw new SessionExpiredError();
    }
    return row;
  }

  #record(row: SessionRow): SessionRecord<T> {
    return recordOf(row, this.#decode(row), this.#options);
  }

  #decode(row: SessionRow): T {
    return this.#codec.decode(row.data) as T;
  }

  #ownerOf(data: T | undefined): string | null | undefined {
    const owner = this.#options.userId(data);
    return owner === undefined || owner === null ? owner : ownerId(owner);
  }

  #lifetime(expireTime: number | undefined): number {
    const { absoluteTimeout } = this.#options;
    const lifetime = checkMilliseconds('expireTime', expireTime ?? this.#options.expireTime);
    if (lifetime > absoluteTimeout) {
      throw new SessionsConfigurationError(
        `expireTime (${lifetime} ms) is longer than absoluteTimeout (${absoluteTimeout} ms), which no session outlives.`,
      );
    }
    return lifetime;
  }

  #moment(): { now: number; absoluteTimeout: number } {
    return { now: this.#options.clock.now(), absoluteTimeout: this.#options.absoluteTimeout };
  }

  #renewUntil(): number {
    return this.#options.clock.now() + this.#options.renewTimestamp;
  }
}

/** @throws SessionNotFoundError for whatever is not of a token's form */
function proofOf(token: unknown): SessionProof {
  const proof = parseToken(token);
  if (!proof) {
    throw new SessionNotFoundError();
  }
  return proof;
}

function sameHash(stored: string, given: string): boolean {
  return stored.length === given.length && timingSafeEqual(Buffer.from(stored), Buffer.from(given));
}

function refuseOtherUser(
  row: SessionRow,
  userId: string | null | undefined,
  sameUser = false,
): void {
  if (sameUser && userId && userId !== row.userId) {
    throw new SessionsConfigurationError(
      'This update would give the session to another user, who needs a token of their own. Start a new session instead.',
    );
  }
}
