import { inspect } from 'node:util';
import { checkBoolean, ownOptions } from '../../common/checks.js';
import { REQUESTS } from '../../common/diagnostics.js';
import { checkEndReason } from '../../common/end-reason.js';
import { shownKind } from '../../common/kind.js';
import type { EndSessionOptions, ListSessionsOptions } from '../../manager/call.options.js';
import { checkCarriedKeys } from '../../manager/data/carried-keys.js';
import type { SessionChange } from '../../manager/data/session-change.js';
import type { RollingRenewal } from '../../manager/expiry/rolling-renewal.js';
import { DEFAULT_ACTING_MS } from '../../manager/operations/acting.js';
import { updatedRecord, type WriteResult } from '../../manager/operations/write-result.js';
import type { Lifespan } from '../../manager/session-row.js';
import type { SessionActor, SessionClient, SessionDevice } from '../../manager/session-record.js';
import type { SessionService } from '../../manager/session-service.js';
import type { LegacyUpgrade } from '../../manager/token/legacy-token.js';
import type { OpenSession } from '../../manager/token/verified-session.js';
import type { SessionEnd } from '../../manager/watch/session-end.js';
import { SessionActingError } from '../../common/session-error.js';
import {
  notFresh,
  refused,
  SessionHttpException,
  toHttpException,
} from '../errors/session-http.exception.js';
import type {
  ActAsOptions,
  ListedSession,
  ConfirmCurrentSessionOptions,
  RegenerateCurrentSessionOptions,
  RenewCurrentSessionOptions,
  StartSessionOptions,
  StopActingOptions,
} from './current-session.options.js';
import type { CurrentSessionMembers } from './current-session.js';
import { deepFreeze } from './deep-freeze.js';
import type { HttpExchange } from './http-exchange.js';
import type { SessionStatus } from './session-status.js';
import type { OverActing, RequestTokens } from './request-tokens.js';

/**
 * The session of one request: `CurrentSession` for handlers, and the methods that the guard and the decorators call.
 */
export class RequestSession<T = any> implements CurrentSessionMembers<T> {
  readonly #sessions: SessionService<T>;
  readonly #exchange: HttpExchange;
  readonly #tokens: RequestTokens<T>;
  /** The data that was frozen last. */
  #frozen: T | undefined;

  constructor(sessions: SessionService<T>, exchange: HttpExchange, tokens: RequestTokens<T>) {
    this.#sessions = sessions;
    this.#exchange = exchange;
    this.#tokens = tokens;
    this.#publish();
  }

  /** The kind of the session, if there is one. */
  get kind(): string {
    return this.#sessions.kind;
  }

  get exists(): boolean {
    return this.#tokens.current !== undefined;
  }

  get id(): string | undefined {
    return this.#tokens.current?.record.id;
  }

  get data(): T | undefined {
    const data = this.#tokens.current?.record.data;
    if (data !== this.#frozen) {
      this.#frozen = deepFreeze(data);
    }
    return data;
  }

  get userId(): string | undefined {
    return this.#tokens.current?.record.userId;
  }

  get actor(): SessionActor | undefined {
    return this.#tokens.current?.record.actor;
  }

  get createdAt(): Date | undefined {
    return this.#tokens.current?.record.createdAt;
  }

  get renewedAt(): Date | undefined {
    return this.#tokens.current?.record.renewedAt;
  }

  get confirmedAt(): Date | undefined {
    return this.#tokens.current?.record.confirmedAt;
  }

  get expiresAt(): Date | undefined {
    return this.#tokens.current?.record.expiresAt;
  }

  get client(): SessionClient | undefined {
    return this.#tokens.current?.record.client;
  }

  get device(): SessionDevice | undefined {
    return this.#tokens.current?.record.device;
  }

  /** For `@SessionToken()`: the token that the request came with, or the one that replaced it. */
  get token(): string | undefined {
    return this.#tokens.current?.token;
  }

  /**
   * For the guard: refuses a request without a live session. If a session is optional, this only refuses a damaged one.
   *
   * @throws SessionHttpException
   */
  requireLive(isOptional: boolean): void {
    const { refusal, cause, current } = this.#tokens;
    if (!current && (!isOptional || refusal === 'damaged')) {
      throw this.#exchange.refusal(refusal, cause);
    }
  }

  /**
   * For the status route: returns when the session ends, or why there is none. It emits no event, since the request is not
   * refused.
   *
   * @throws SessionHttpException if the session can't be read
   */
  status(): SessionStatus {
    const { refusal, cause, current } = this.#tokens;
    if (!current) {
      const exception = refused(refusal, cause);
      if (exception.getStatus() !== 401) {
        throw this.#exchange.failing(exception);
      }
      return exception.extensions;
    }
    const now = this.#sessions.now();
    const renewIn = this.#sessions.lifespans.renewalDueIn(current.lifespan) ?? null;
    return { id: current.record.id, endsIn: current.record.expiresAt.getTime() - now, renewIn };
  }

  /**
   * For the guard: refuses a session that is not bound to the browser of the request.
   *
   * @throws SessionHttpException
   */
  requireDevice(): void {
    const { current } = this.#tokens;
    if (!current || !this.#exchange.provesDevice(current.binding)) {
      throw this.#exchange.failing(new SessionHttpException('SESSION_UNBOUND'));
    }
  }

  /**
   * For the guard: refuses a session whose user did not prove who they are in the last `maxAge` milliseconds.
   *
   * @throws SessionHttpException
   */
  requireFresh(maxAge: number): void {
    const { confirmedAt } = this;
    if (!confirmedAt || this.#sessions.now() - confirmedAt.getTime() >= maxAge) {
      throw this.#exchange.failing(notFresh(maxAge, this.#exchange.usesCookie));
    }
  }

  /**
   * For the guard: renews the session if that is due. Returns `undefined` if `rolling` is off or there is no session.
   */
  renewIfDue(): Promise<void> | undefined {
    const { current } = this.#tokens;
    const { rolling } = this.#sessions;
    return current && rolling ? this.#renewIfDue(rolling, current) : undefined;
  }

  /**
   * For streams and sockets: calls `onEnd` when the session ends, or when the bound cookie of this request does. Returns a
   * function that stops this.
   */
  watch(onEnd: (end: SessionEnd) => void): () => void {
    const { credential, binding, status } = this.#require();
    return this.#sessions.watched.watch(binding.id, onEnd, {
      secretHash: credential.secretHash,
      wasCurrent: status === 'live',
      openUntil: this.#exchange.openUntil(binding),
    });
  }

  async start(data: T, options: StartSessionOptions<T> = {}): Promise<string> {
    const known = ['carry', 'expireTime', 'endsAt', 'persistent'];
    const { carry, expireTime, endsAt, persistent } = ownOptions('start options', options, known);
    const keys = carry === undefined ? [] : checkCarriedKeys(carry);
    this.#exchange.requireAllowedOrigin();
    this.#exchange.requireOwnOrigin();
    this.#refuseActing('start');
    this.#exchange.requireUnsent('start');
    checkBoolean('persistent', persistent ?? false);
    const creation = { expireTime, endsAt, client: this.#exchange.client() };
    const from = this.#tokens.current;
    const login = {
      canBeBound: this.#exchange.canBind,
      carry: from && keys.length > 0 ? { from, keys } : undefined,
    };
    const session = await this.#exchange.attempt(
      this.#sessions.create(data, creation, this.#tokens.endable, login).then(({ open }) => open()),
    );
    if (this.#exchange.isSent) {
      // No client would ever get its token.
      await this.#exchange.attempt(this.#sessions.remove(session));
    }
    // Acting sessions of this client that are over: the agent's own session is also the client's, so the login replaces it.
    for (const acting of this.#tokens.returning) {
      await this.#exchange.attempt(
        this.#sessions.acting.remove(acting.agentId, acting, 'replaced'),
      );
    }
    this.#adopt('start', session, persistent);
    this.#exchange.offerBinding(session.binding);
    return session.token;
  }

  async update(update: T | SessionChange<T>): Promise<T> {
    const session = this.#require();
    const { id } = session.record;
    const upgrade = this.#legacyUpgrade(session);
    const updated = await this.#written(
      session,
      this.#sessions.update(session, update, { sameUser: true, expireTime: undefined }, upgrade),
    );
    this.#tokens.refresh(id, (present) => ({
      ...present,
      record: updatedRecord(present.record, updated),
    }));
    this.#renewed(id);
    return updated.read();
  }

  async renew(options: RenewCurrentSessionOptions = {}): Promise<void> {
    const { expireTime } = ownOptions('renew options', options, ['expireTime']);
    const session = this.#require();
    const upgrade = this.#legacyUpgrade(session);
    await this.#written(
      session,
      this.#sessions.renew(session, { allowExpired: false, expireTime }, upgrade),
    );
    this.#renewed(session.record.id, expireTime);
  }

  async regenerate(options: RegenerateCurrentSessionOptions<T> = {}): Promise<string> {
    const known = ['change', 'grace', 'persistent'];
    return this.#rotate('regenerate', ownOptions('regenerate options', options, known));
  }

  async confirm(options: ConfirmCurrentSessionOptions<T> = {}): Promise<string> {
    const own = ownOptions('confirm options', options, ['change', 'persistent']);
    this.#refuseActing('confirm');
    return this.#rotate('confirm', own);
  }

  async actAs(data: T, options: ActAsOptions = {}): Promise<string> {
    const own = ownOptions('actAs options', options, ['for', 'persistent']);
    const { for: lasting = DEFAULT_ACTING_MS, persistent } = own;
    checkBoolean('persistent', persistent ?? false);
    const session = this.#require();
    this.#exchange.requireUnsent('actAs');
    this.#exchange.requireUnbound('actAs');
    const entering = this.#sessions.acting.enter(session, data, lasting);
    const { acting, agentLifespan } = await this.#exchange.attempt(entering);
    if (this.#exchange.isSent) {
      // No client would ever get its token, and the agent's old one opens nothing any more.
      await this.#exchange.attempt(
        this.#sessions.acting.remove(session.record.id, acting, 'logout'),
      );
    }
    this.#adopt('actAs', acting, persistent, agentLifespan);
    return acting.token;
  }

  async stopActing(options: StopActingOptions = {}): Promise<string> {
    const { persistent } = ownOptions('stopActing options', options, ['persistent']);
    checkBoolean('persistent', persistent ?? false);
    this.#exchange.requireAllowedOrigin();
    const { current, refusal, cause } = this.#tokens;
    if (current && !current.record.actor) {
      return current.token;
    }
    this.#exchange.requireUnsent('stopActing');
    for (const token of this.#actingTokens()) {
      const agent = await this.#exchange.attempt(this.#sessions.acting.leave(token));
      if (agent) {
        if (this.#exchange.isSent) {
          // No client would ever get its token.
          await this.#exchange.attempt(this.#sessions.remove(agent));
        }
        this.#adopt('stopActing', agent, persistent);
        return agent.token;
      }
    }
    throw this.#exchange.failing(refused(refusal, cause));
  }

  async #rotate(
    method: 'regenerate' | 'confirm',
    { persistent, change, grace }: RegenerateCurrentSessionOptions<T>,
  ): Promise<string> {
    checkBoolean('persistent', persistent ?? false);
    const session = this.#require();
    const { id } = session.record;
    this.#exchange.requireUnsent(method);
    const confirms = method === 'confirm';
    const { token, result: updated } = await this.#exchange.attempt(
      this.#sessions.regenerate(session, { change, grace }, confirms),
    );
    if (this.#exchange.isSent) {
      // No client would ever get the new token, and the old one must not read the changed data.
      await this.#exchange.attempt(this.#sessions.remove(token));
    }
    if (this.id === id) {
      const present = updated ? updatedRecord(session.record, updated) : session.record;
      const record = confirms
        ? { ...present, confirmedAt: new Date(this.#sessions.now()) }
        : present;
      const { lifespan, binding } = session;
      const regenerated = { ...token, status: 'live', record, lifespan, binding } as const;
      this.#adopt(method, regenerated, persistent);
      this.#renewed(id);
    }
    return token.token;
  }

  async list(options?: ListSessionsOptions): Promise<ListedSession[]> {
    const { record } = this.#require();
    const { id, userId, actor, createdAt, renewedAt, expiresAt, client, device } = record;
    const listed =
      userId === undefined
        ? [{ id, actor, createdAt, renewedAt, expiresAt, client, device }]
        : await this.#exchange.attempt(this.#sessions.ofUser.list(userId, options));
    return listed.map((summary) => ({ ...summary, current: summary.id === id }));
  }

  async end(options: EndSessionOptions = {}): Promise<void> {
    const { reason = 'logout' } = ownOptions('end options', options, ['reason']);
    checkEndReason(reason);
    this.#exchange.requireAllowedOrigin();
    for (const acting of this.#actingTokens()) {
      await this.#exchange.attempt(
        this.#sessions.acting.remove(acting.agentId, acting, 'logout', reason),
      );
    }
    for (const token of this.#tokens.endable) {
      await this.#exchange.attempt(this.#sessions.remove(token, reason));
    }
    if (this.#tokens.inCookie) {
      this.#exchange.takeToken();
    }
    this.#tokens.clear();
  }

  toJSON(): object {
    const { exists, id, actor, expiresAt } = this;
    return { exists, id, expiresAt, ...(actor && { actor }) };
  }

  /** Shows the same in the console as `toJSON()`. */
  [inspect.custom](): object {
    return this.toJSON();
  }

  /** Returns the token of this request's acting session, or its tokens of acting sessions that are over. */
  #actingTokens(): readonly OverActing[] {
    const { current, returning } = this.#tokens;
    const { actor } = this;
    return current && actor ? [{ ...current, agentId: actor.sessionId }] : returning;
  }

  /** @throws SessionHttpException in an acting session */
  #refuseActing(method: string): void {
    if (this.actor) {
      const error = new SessionActingError(
        `CurrentSession.${method}() ran in a session in which an agent acts as the user. Call stopActing() first.`,
      );
      throw this.#exchange.failing(toHttpException(error));
    }
  }

  #require(): OpenSession<T> {
    this.#exchange.requireAllowedOrigin();
    const { current, refusal, cause } = this.#tokens;
    if (!current) {
      const isKnown = refusal === 'damaged' || refusal === 'device';
      throw this.#exchange.failing(refused(isKnown ? refusal : 'missing', cause));
    }
    return current;
  }

  /**
   * Decides before a write whether it replaces a legacy token: only if the token came in the cookie, and the response
   * can still set a cookie (docs/adr/0012-legacy-tokens.md).
   */
  #legacyUpgrade(session: OpenSession<T>): LegacyUpgrade | undefined {
    return this.#tokens.inCookie && !this.#exchange.isSent
      ? this.#sessions.upgradeLegacyToken(session)
      : undefined;
  }

  /** Waits for a write. If it gave the session a new token, this sets the cookie. */
  async #written<Result>(
    session: OpenSession<T>,
    write: Promise<WriteResult<Result>>,
  ): Promise<Result> {
    const { token, result } = await this.#exchange.attempt(write);
    if (token.token === session.token) {
      return result;
    }
    if (this.#exchange.isSent) {
      // No client would ever get the new token.
      await this.#exchange.attempt(this.#sessions.undoUpgrade(session, token));
    } else {
      const lifetime = this.#sessions.lifespans.left(session.lifespan);
      this.#exchange.giveToken(token.token, lifetime, undefined);
      this.#tokens.replaceToken(token);
    }
    return result;
  }

  async #renewIfDue(rolling: RollingRenewal, session: OpenSession<T>): Promise<void> {
    const lifespan = await rolling.renewIfDue(session);
    this.#tokens.refresh(session.record.id, (renewing) =>
      this.#sessions.lifespans.withLifespan(renewing, lifespan),
    );
  }

  /** @param lifespan decides how long the cookie lasts */
  #adopt(
    method: string,
    session: OpenSession<T>,
    persistent: boolean | undefined,
    lifespan: Lifespan = session.lifespan,
  ): void {
    this.#exchange.requireUnsent(method);
    const lifetime = this.#sessions.lifespans.left(lifespan);
    this.#exchange.giveToken(session.token, lifetime, persistent);
    this.#tokens.adopt(session, this.#exchange.usesCookie);
    this.#publish();
  }

  #publish(): void {
    const { id } = this;
    if (id !== undefined && REQUESTS.hasSubscribers) {
      REQUESTS.publish({ id, ...shownKind(this.#sessions.kind) });
    }
  }

  #renewed(id: string, expireTime?: number): void {
    this.#tokens.refresh(id, (session) =>
      this.#sessions.lifespans.afterRenewal(session, expireTime),
    );
  }
}
