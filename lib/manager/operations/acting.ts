import type { SessionEndReason } from '../../common/end-reason.js';
import {
  SessionActingError,
  SessionConflictError,
  SessionNotFoundError,
  SessionsConfigurationError,
} from '../../common/session-error.js';
import { ownerIn } from '../data/owner.js';
import type { SessionCodec } from '../data/session-codec.js';
import { effectiveExpiry, liveNow, renewed } from '../expiry/expiry.js';
import { ownLifetime } from '../expiry/own-lifetime.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import { subjectOf, type SessionEvents } from '../session-events.js';
import {
  hasEnded,
  newSessionRow,
  type Lifespan,
  type NewSessionRow,
  type SessionRow,
} from '../session-row.js';
import type { SessionStore } from '../session-store.js';
import { issueToken, newSessionId, type ParsedToken } from '../token/token.js';
import type { TokenVerifier } from '../token/token-verifier.js';
import type { OpenSession } from '../token/verified-session.js';
import { backOff, MAX_TRIES } from './back-off.js';
import { endingNow } from './ending.js';

/** Milliseconds that an agent acts as a user, unless the call says otherwise. */
export const DEFAULT_ACTING_MS = 15 * 60_000;

/** The acting session after an entry. */
export interface Entry<T> {
  readonly acting: OpenSession<T>;
  /** The lifespan of the agent's session. The cookie lasts as long, so that the agent can return. */
  readonly agentLifespan: Lifespan;
}

/**
 * Lets an agent act as another user in a session of that user, and return
 * (docs/adr/0041-acting-is-a-session-linked-to-the-agents.md).
 */
export class Acting<T = any> {
  readonly #store: SessionStore;
  readonly #verifier: TokenVerifier<T>;
  readonly #codec: SessionCodec;
  readonly #events: SessionEvents;
  readonly #options: ResolvedManagerOptions;

  constructor(
    store: SessionStore,
    verifier: TokenVerifier<T>,
    codec: SessionCodec,
    events: SessionEvents,
    options: ResolvedManagerOptions,
  ) {
    this.#store = store;
    this.#verifier = verifier;
    this.#codec = codec;
    this.#events = events;
    this.#options = options;
  }

  /**
   * Creates the acting session, and replaces the token of the agent's session by one that nobody knows.
   *
   * @param lasting milliseconds after which the acting session ends at the latest
   * @throws SessionActingError if the agent's session is an acting one; SessionsConfigurationError
   */
  enter(agent: ParsedToken, data: T, lasting: number): Promise<Entry<T>> {
    return this.#events.reporting(this.#enter(agent, data, lasting));
  }

  /**
   * Ends the acting session of this token, and returns the one of its agent with a new token. The acting session may have
   * expired, or have been ended by somebody else. It is ended before the return, so that it never goes on beside the
   * agent's session.
   *
   * @returns `undefined` if the token is not that of an acting session
   * @throws SessionNotFoundError if the agent's session has ended, or the agent has returned before
   */
  leave(token: ParsedToken): Promise<OpenSession<T> | undefined> {
    return this.#events.reporting(this.#leave(token));
  }

  /**
   * Ends the session of an agent and the one in which they act. If the agent has already returned, the acting session's
   * token counts as a replaced token of the agent's session, and can end that session for `LATE_END_MS`: a logout in
   * parallel with the return ends both. After that, or after the next rotation, this does nothing.
   *
   * @param acting the token of the acting session, or the one that its latest rotation replaced
   * @param event the reason in the events
   */
  async remove(
    id: string,
    { credential: acting }: ParsedToken,
    event: 'logout' | 'replaced',
    reason: SessionEndReason = event,
  ): Promise<void> {
    const agent = await this.#store.find(id);
    if (!agent) {
      return;
    }
    const ending = endingNow(reason, this.#options);
    if (agent.actorSessionId === acting.id) {
      await this.#store.ofUser.removeById(id, undefined, ending, (ended) =>
        this.#events.removed(ended, event, reason),
      );
      return;
    }
    const replaced = { id, secretHash: acting.secretHash, replacedHash: undefined };
    await this.#store.remove(replaced, ending, (ended) =>
      this.#events.removed(
        ended.map((session) => (session.id === id ? agent : session)),
        event,
        reason,
      ),
    );
  }

  async #enter({ credential }: ParsedToken, data: T, lasting: number): Promise<Entry<T>> {
    const { absoluteTimeout } = this.#options;
    const milliseconds = ownLifetime(lasting, absoluteTimeout, 'The option `for` of actAs()');
    const encoded = this.#codec.encode(data);
    const userId = ownerIn(encoded.read(), this.#options.userId) ?? null;
    if (userId === null) {
      throw new SessionsConfigurationError(
        'actAs() needs data that names the user to act as, and the option `userId` finds none in it. Pass data such as { userId }.',
      );
    }
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const agent = await this.#verifier.writable(credential);
      if (agent.actorId !== null) {
        throw new SessionActingError(
          'In this session an agent acts as the user, and an agent can act as only one user at a time. Call stopActing() ' +
            'first.',
        );
      }
      if (agent.userId === null) {
        throw new SessionsConfigurationError(
          'actAs() ran in a session without a user, so nobody would be the agent. Require a session of a user on the route.',
        );
      }
      const { now, ...limits } = liveNow(this.#options);
      const agentLifespan = renewed(agent, now, this.#options);
      const token = issueToken(newSessionId(now));
      const { id, secretHash } = token.credential;
      const endsAt = Math.min(now + milliseconds, effectiveExpiry(agentLifespan, this.#options));
      const row: NewSessionRow = {
        id,
        secretHash,
        userId,
        actorId: agent.userId,
        actorSessionId: agent.id,
        data: this.#codec.seal(id, encoded.json),
        ipAddress: null,
        userAgent: null,
        createdAt: now,
        confirmedAt: null,
        lifetime: null,
        endsAt,
        expiresAt: Math.min(now + this.#options.expireTime, endsAt),
        deviceSecret: null,
      };
      const conditions = {
        now,
        ...limits,
        version: agent.version,
        owner: agent.userId,
        linkedTo: null,
      };
      const patch = { ...this.#rotation(agent.id).patch, linkTo: id };
      if (await this.#store.insertActing(row, credential, conditions, patch)) {
        this.#events.emit({ type: 'created', ...subjectOf(row) });
        this.#events.rotated(agent.id);
        return { acting: this.#verifier.open(token, 'live', newSessionRow(row)), agentLifespan };
      }
      await backOff(tries);
    }
    throw new SessionConflictError(
      "Other requests kept changing the agent's session, so no new session was created. Try again.",
    );
  }

  async #leave({ credential }: ParsedToken): Promise<OpenSession<T> | undefined> {
    const acting = await this.#verifier.holder(credential);
    if (!acting || acting.actorId === null || acting.actorSessionId === null) {
      return undefined;
    }
    const removed = await this.#store.remove(credential, endingNow('logout', this.#options));
    if (removed.length > 0) {
      // Also if there is no session to return to.
      this.#events.removed([acting], 'logout');
    }
    return this.#return(acting, acting.actorSessionId);
  }

  /**
   * Gives the agent's session a new token, after the agent has left the acting session.
   *
   * @throws SessionNotFoundError if the agent's session has ended, or the agent has returned before
   */
  async #return(
    { id, actorId, secretHash: actingHash }: SessionRow,
    agentSessionId: string,
  ): Promise<OpenSession<T>> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const agent = await this.#store.find(agentSessionId);
      if (agent?.actorSessionId !== id || agent.userId !== actorId) {
        break;
      }
      // This token replaces the acting session's token in the client. For a while, that token can still end this session.
      const { token, patch } = this.#rotation(agentSessionId, actingHash);
      const { secretHash } = agent;
      const holder = { id: agentSessionId, secretHash, replacedHash: undefined };
      const conditions = { ...liveNow(this.#options), linkedTo: id };
      if (await this.#store.update(holder, conditions, { ...patch, linkTo: null })) {
        this.#events.rotated(agentSessionId);
        const newest = await this.#verifier.readable(token.credential);
        return this.#verifier.open(token, 'live', newest);
      }
      if (hasEnded(agent) || effectiveExpiry(agent, this.#options) <= this.#options.clock.now()) {
        break;
      }
    }
    throw new SessionNotFoundError(
      "The agent's own session has ended, or the agent has already returned to it. Log in again.",
    );
  }

  /**
   * Returns a new token of a session, and the change that makes it valid. Nobody knows the token unless it is sent.
   *
   * @param previousHash the hash of the token that it replaces, if that is not the session's own
   */
  #rotation(id: string, previousHash?: string) {
    const token = issueToken(id);
    const { renewTimestamp, rolling } = this.#options;
    const patch = {
      renewal: { renewTimestamp, rolling },
      rotation: { secretHash: token.credential.secretHash, previousValidUntil: 0, previousHash },
    };
    return { token, patch };
  }
}
