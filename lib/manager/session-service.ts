import type { Observable } from 'rxjs';
import type { SequelizeSessionStore } from '../store/session-store.js';
import { newSessionRow, type SessionRow } from '../store/table/session-row.js';
import { renewedExpiry } from './expiry/expiry.js';
import { removeAllExpired } from './expiry/remove-expired.js';
import { LegacyHandover, type HandoverRules, type Written } from './token/legacy-handover.js';
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
} from './session-manager.options.js';
import type { LookedUp, NewSession, OpenSession } from './token/open-session.js';
import { recordOf, type SessionRecord } from './session-record.js';
import { SessionSweeper } from './expiry/sweeper.js';
import { SessionUpdates, type Regenerated, type Updated } from './operations/update.js';
import { SessionsOfUser } from './operations/user-sessions.js';
import type { ParsedToken } from './token/token.js';

/** All that can happen to sessions, told as events: what `SessionManager` and the HTTP floor both stand on. */
export class SessionService<T = any> {
  readonly events$: Observable<SessionEvent>;
  /** The sessions of one user, by public id. */
  readonly ofUser: SessionsOfUser;
  readonly #store: SequelizeSessionStore;
  readonly #options: ResolvedManagerOptions;
  readonly #codec: SessionCodec;
  readonly #verifier: TokenVerifier;
  readonly #creation: SessionCreation;
  readonly #updates: SessionUpdates<T>;
  readonly #handover: LegacyHandover;
  readonly #rolling: RollingRenewal | undefined;
  readonly #events: SessionEvents;
  readonly #sweeper: SessionSweeper | undefined;

  /**
   * @param onBackgroundError gets errors in the background: of a sweep, or of a subscriber
   * @param warn gets mistakes of the application that no call can tell it of
   */
  constructor(
    store: SequelizeSessionStore,
    options: ResolvedManagerOptions,
    onBackgroundError: (problem: string, error: unknown) => void,
    warn: (warning: string) => void,
  ) {
    this.#store = store;
    this.#options = options;
    this.#codec = new SessionCodec(options, warn);
    this.#verifier = new TokenVerifier(store, options);
    this.#creation = new SessionCreation(store, this.#codec, options);
    this.#updates = new SessionUpdates(store, this.#verifier, this.#codec, options);
    this.#handover = new LegacyHandover(this.#verifier, options);
    this.#events = new SessionEvents(options.clock, (error) =>
      onBackgroundError('A subscriber to events$ failed', error),
    );
    this.events$ = this.#events.events$;
    this.#rolling = options.rolling ? new RollingRenewal(store, this.#events, options) : undefined;
    this.ofUser = new SessionsOfUser(store, this.#events, options);
    this.#sweeper =
      options.cleanup &&
      new SessionSweeper(store, this.#events, options.clock, options.cleanup, (error) =>
        onBackgroundError('Expired sessions were not removed', error),
      );
  }

  /** The token with what it proves; `undefined` for whatever is not of a token's form. */
  parse(token: unknown): ParsedToken | undefined {
    return this.#verifier.parse(token);
  }

  /** Creates a session in the place of those that the same client had; nothing is removed where it is refused. */
  async create(
    data: T,
    options: CreateSessionOptions,
    replaced: readonly ParsedToken[],
  ): Promise<NewSession<T>> {
    const credentials = replaced.map(({ credential }) => credential);
    const created = await this.#creation.create(data, options, credentials);
    const { token, row, evicted } = created;
    for (const id of created.replaced) {
      this.#events.emit({ type: 'removed', id, reason: 'replaced' });
    }
    for (const session of evicted) {
      this.#events.emit({ type: 'evicted', ...subjectOf(session) });
    }
    this.#events.emit({ type: 'created', ...subjectOf(row) });
    return {
      token: token.token,
      open: () => ({ ...token, status: 'live', record: this.#record(newSessionRow(row)) }),
    };
  }

  /**
   * The data alone, without the rest of the record, which takes as long to make as the hash of a token.
   *
   * @throws SessionNotFoundError, SessionExpiredError, SessionDataError
   */
  async retrieve({ credential }: ParsedToken): Promise<T> {
    return this.#dataOf(await this.#verifier.readable(credential));
  }

  /** @throws SessionNotFoundError, SessionExpiredError, SessionDataError */
  async inspect({ credential }: ParsedToken): Promise<SessionRecord<T>> {
    return this.#record(await this.#verifier.readable(credential));
  }

  /** What a token is worth; no error where it is worth nothing. */
  async lookUp({ credential }: ParsedToken): Promise<LookedUp<T>> {
    const { status, row } = await this.#verifier.find(credential);
    return status === 'live' || status === 'grace'
      ? { status, record: this.#record(row) }
      : { status, record: undefined };
  }

  async update(
    token: ParsedToken,
    update: T | SessionChange<T>,
    { sameUser, handOver }: HandoverRules & { readonly sameUser: boolean },
  ): Promise<Written<Updated<T>>> {
    const written = await this.#handover.write(token, handOver, (credential, rotation) =>
      typeof update === 'function'
        ? this.#updates.change(credential, update as SessionChange<T>, { sameUser, rotation })
        : this.#updates.replace(credential, update, { sameUser, rotation }),
    );
    this.#tell('updated', token, written);
    return written;
  }

  async renew(
    token: ParsedToken,
    { allowExpired, handOver }: HandoverRules & { readonly allowExpired: boolean },
  ): Promise<Written<void>> {
    const written = await this.#handover.write(token, handOver, (credential, rotation) =>
      rotation
        ? this.#updates.rotate(credential, rotation)
        : this.#updates.renew(credential, allowExpired),
    );
    this.#tell('renewed', token, written);
    return written;
  }

  /** Makes a legacy token good again, where the one in its place can't be given to the client any more. */
  async undoHandover(legacyToken: ParsedToken, token: ParsedToken): Promise<void> {
    const rotation = { secretHash: legacyToken.credential.secretHash, previousValidUntil: 0 };
    await this.#updates.rotate(token.credential, rotation);
  }

  /** Whether a session is renewed as it is used. */
  get isRolling(): boolean {
    return this.#rolling !== undefined;
  }

  /** Renews a session that a request has just used, where that is wanted and due; returns its expiry as it is then. */
  async renewIfDue({ credential, status, record }: OpenSession<T>): Promise<Date> {
    return this.#rolling && status !== 'grace'
      ? this.#rolling.renew(credential, record)
      : record.expiresAt;
  }

  /** Gives the session a new token; what changed with it is told too. */
  async regenerate(
    { credential }: ParsedToken,
    options: RegenerateSessionOptions<T>,
  ): Promise<Regenerated<T>> {
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
    return removeAllExpired(this.#store, this.#events, this.#options.clock.now(), options);
  }

  /** Tells of a request that was refused. */
  reject(reason: RejectionReason): void {
    this.#events.emit({ type: 'rejected', reason });
  }

  /** The expiry of a session that has just been renewed, as the database computed it. */
  expiryAfterRenewal({ createdAt, expiresAt }: SessionRecord): Date {
    const session = { createdAt: createdAt.getTime(), expiresAt: expiresAt.getTime() };
    return new Date(renewedExpiry(session, this.#options.clock.now(), this.#options));
  }

  /** Milliseconds that the session can live at the most, however often it is renewed. */
  longestLifeOf({ createdAt }: SessionRecord): number {
    return createdAt.getTime() + this.#options.absoluteTimeout - this.#options.clock.now();
  }

  /** Starts to remove expired sessions in the background, where that is wanted. */
  startCleanup(): void {
    this.#sweeper?.start();
  }

  async close(): Promise<void> {
    await this.#sweeper?.stop();
    await this.#store.close();
    this.#events.close();
  }

  #tell(type: 'updated' | 'renewed', by: ParsedToken, { token }: Written<unknown>): void {
    const { id } = token.credential;
    this.#events.emit({ type, id });
    if (token.token !== by.token) {
      this.#events.emit({ type: 'regenerated', id });
    }
  }

  #record(row: SessionRow): SessionRecord<T> {
    return recordOf(row, this.#dataOf(row), this.#options);
  }

  #dataOf({ id, data }: SessionRow): T {
    return this.#codec.decode(id, data) as T;
  }
}
