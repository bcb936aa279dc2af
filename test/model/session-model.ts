/** A user whom session data may name; `null` names none, and `undefined` says nothing. */
type Owner = string | number | null | undefined;

/** The data that a test stores in a session. */
export type ModelData = { userId?: Owner; count?: number } | readonly string[] | string | null;

/** How long sessions live, in milliseconds, and how many one user may have. */
export interface ModelRules {
  readonly expireTime: number;
  readonly renewTimestamp: number;
  readonly absoluteTimeout: number | false;
  readonly maxSessionsPerUser?: number;
  readonly onSessionLimit?: 'evict-oldest' | 'reject';
  /** How long the row of an ended session is kept. */
  readonly retention: number;
}

/** The outcome of a call: its result, or the `code` of its error. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** An event for subscribers. */
export interface ModelEvent {
  readonly type: string;
  readonly at: Date;
  readonly id?: string;
  readonly userId?: string;
  readonly actorId?: string;
  readonly reason?: string;
  readonly code?: string;
}

/** The time of the model, which all kinds of sessions share. */
export interface ModelClock {
  now: number;
}

/** A session as its rules see it. */
export interface ModelSession {
  readonly id: string;
  /** All tokens that it ever had, the current one last; `UNKNOWN` for one that no client gets. */
  readonly tokens: string[];
  readonly createdAt: number;
  readonly userAgent: string | undefined;
  /** The agent who acts as the user in it, and the agent's session. */
  readonly actor: { readonly userId: string; readonly sessionId: string } | undefined;
  /** When it ends, however often it is renewed. */
  readonly endsAt: number;
  data: ModelData;
  userId: string | undefined;
  version: number;
  renewedAt: number;
  /** How long it lives after a renewal, if it does not follow the rules. */
  lifetime: number | undefined;
  expiresAt: number;
  /** When its user last proved who they are. */
  confirmedAt: number | undefined;
  /** Until when the second to last token may read. */
  graceUntil: number;
  /** The session in which its user, an agent, acts as somebody else. */
  linkedTo: ModelSession | undefined;
  /** The token of an acting session that the return replaced, and how many tokens this session had then. */
  returned: { readonly from: string; readonly tokens: number } | undefined;
  /** Why it was ended, if it was. */
  endReason: string | undefined;
}

/** How a session is ended. */
interface ModelEnd {
  /** The reason of the event. */
  readonly reason?: string;
  /** What the holder of the token hears. */
  readonly word?: string;
  /** Whether the event names the user of a session that is ended by its token or by a login. */
  readonly isKnown?: boolean;
}

/** How a change turns old data into new: the data to store, or the code of an error. */
export type ModelChange = (data: ModelData) => { readonly data: ModelData } | { error: string };

const NOT_FOUND = { error: 'ERR_SESSION_NOT_FOUND' };
const EXPIRED = { error: 'ERR_SESSION_EXPIRED' };
const CONFLICT = { error: 'ERR_SESSION_CONFLICT' };
const LIMIT = { error: 'ERR_SESSION_LIMIT' };
const REFUSED = { error: 'ERR_SESSION_CONFIGURATION' };
const MISSING = { error: 'ERR_SESSION_MISSING' };
const ACTING = { error: 'ERR_SESSION_ACTING' };
const NOT_FRESH = { error: 'ERR_SESSION_NOT_FRESH' };

/** A token that no client gets. */
export const UNKNOWN = '';

/** The reasons of events of refused requests. */
const REJECTIONS: Record<string, string> = {
  ERR_SESSION_NOT_FOUND: 'not-found',
  ERR_SESSION_ENDED: 'ended',
  ERR_SESSION_EXPIRED: 'expired',
};

/** The errors of calls that did what they should, or whose `change` threw. */
const NO_FAILURES = [
  ...[NOT_FOUND, EXPIRED, REFUSED, MISSING, ACTING, NOT_FRESH].map(({ error }) => error),
  'ERR_SESSION_ENDED',
  'CHANGE_FAILED',
];

/** The documented rules of sessions, in memory and one call after the other. */
export class SessionModel {
  /** All sessions that were ever created, including removed ones: their tokens must stay invalid. */
  readonly everyone: ModelSession[] = [];
  readonly rules: ModelRules;
  readonly #clock: ModelClock;
  /** The live and the expired sessions that have a row. */
  #stored: ModelSession[] = [];
  #kept: ModelSession[] = [];
  #events: ModelEvent[] = [];

  constructor(rules: ModelRules, clock: ModelClock) {
    this.rules = rules;
    this.#clock = clock;
  }

  get now(): number {
    return this.#clock.now;
  }

  set now(now: number) {
    this.#clock.now = now;
  }

  /** The sessions that have a row, live, expired or ended. */
  get stored(): readonly ModelSession[] {
    return [...this.#stored, ...this.#kept];
  }

  /** The ended sessions that have a row. */
  get kept(): readonly ModelSession[] {
    return this.#kept;
  }

  /** The events since the last call, which had this outcome in a process whose clock differs by `skew`. */
  takeEvents(outcome: Outcome, skew = 0): ModelEvent[] {
    // The model adds the reason to the code of an ended session.
    if ('error' in outcome && !NO_FAILURES.includes(outcome.error.split(' ')[0]!)) {
      this.#tell('failed', { code: outcome.error }, skew);
    }
    return this.#events.splice(0);
  }

  /** `token` is the one that the new session got, if there is one. */
  create(
    data: ModelData,
    {
      expireTime,
      userId: given,
      userAgent,
    }: {
      expireTime: number | undefined;
      userId: string | undefined;
      userAgent: string | undefined;
    },
    token: string,
  ): Outcome {
    if (this.#isTooLong(expireTime)) {
      return REFUSED;
    }
    const userId = given ?? ownerOf(data) ?? undefined;
    return this.#insert({ data, userId, expireTime, userAgent }, token, []);
  }

  /**
   * A login by a request with `token`, which carries the values of these keys into the new session. `newToken` is the one
   * that it got, if it got one.
   */
  start(
    token: string,
    data: ModelData,
    { carry, expireTime }: { carry: readonly string[] | undefined; expireTime: number | undefined },
    newToken: string,
  ): Outcome {
    const { session, standing } = this.#standing(token);
    const before = standing === 'live' || standing === 'grace' ? session : undefined;
    if (before?.actor) {
      return ACTING;
    }
    let carried = data;
    if (before && carry && !isOfAnother(before, ownerOf(data) ?? undefined)) {
      if (!hasKeys(data)) {
        return REFUSED;
      }
      const merged = carryInto(data, before.data, carry);
      const isSame = before.userId === undefined || before.userId === ownerOf(merged);
      carried = isSame ? merged : data;
    }
    if (this.#isTooLong(expireTime)) {
      return REFUSED;
    }
    const replaced = this.#endableBy(token);
    const userId = ownerOf(carried) ?? undefined;
    const content = { data: carried, userId, expireTime, isConfirmed: userId !== undefined };
    const over = this.#endableActing(token);
    const outcome = this.#insert(content, newToken, replaced ? [replaced] : []);
    if ('value' in outcome && over) {
      this.#endAgentOf(over, token, 'replaced', 'replaced');
    }
    return outcome;
  }

  /** A logout by a request. */
  end(token: string, word = 'logout'): Outcome {
    const { session, standing } = this.#standing(token);
    const acting =
      standing === 'live' || standing === 'grace' ? session : this.#endableActing(token);
    if (acting?.actor) {
      this.#endAgentOf(acting, token, 'logout', word);
    }
    this.remove(token, word);
    return { value: undefined };
  }

  /** A request to a route that only fresh sessions pass. */
  requireFresh(token: string, maxAge: number): Outcome {
    const { session, standing } = this.#standing(token);
    if (standing !== 'live' && standing !== 'grace') {
      const refusal = this.#refusalOf(token);
      this.#tell('rejected', { reason: REJECTIONS[refusal.error.split(' ')[0]!]! });
      return refusal;
    }
    const { confirmedAt } = session;
    const isFresh = confirmedAt !== undefined && this.now - confirmedAt < maxAge;
    return isFresh ? { value: true } : NOT_FRESH;
  }

  /** `newToken` is the one that the session got, if it got one. */
  confirm(token: string, change: ModelChange | undefined, newToken: string): Outcome {
    const { session, standing } = this.#standing(token);
    if (standing !== 'live' && standing !== 'grace') {
      return MISSING;
    }
    if (session.actor) {
      return ACTING;
    }
    const outcome = this.regenerate(token, { change, grace: 0 }, newToken);
    if ('value' in outcome) {
      session.confirmedAt = this.now;
    }
    return outcome;
  }

  /** `newToken` is that of the acting session, if there is one. */
  actAs(token: string, data: ModelData, lasting: number, newToken: string): Outcome {
    const { session: agent, standing } = this.#standing(token);
    if (standing !== 'live' && standing !== 'grace') {
      return MISSING;
    }
    const userId = ownerOf(data) ?? undefined;
    if (this.#isTooLong(lasting) || userId === undefined) {
      return REFUSED;
    }
    if (standing === 'grace') {
      return CONFLICT;
    }
    if (agent.actor) {
      this.#tell('failed', { code: ACTING.error });
      return ACTING;
    }
    if (agent.userId === undefined) {
      return REFUSED;
    }
    this.#extend(agent);
    agent.version++;
    agent.tokens.push(UNKNOWN);
    agent.graceUntil = 0;
    this.#tell('regenerated', { id: agent.id });
    const acting = this.#add({
      token: newToken,
      data,
      userId,
      actor: { userId: agent.userId, sessionId: agent.id },
      lifetime: undefined,
      endsAt: Math.min(this.now + lasting, this.endOf(agent)),
    });
    agent.linkedTo = acting;
    return { value: newToken };
  }

  /** `newToken` is that of the agent's session, if it got one. */
  stopActing(token: string, newToken: string): Outcome {
    const { session, standing } = this.#standing(token);
    const isOpen = standing === 'live' || standing === 'grace';
    if (isOpen && !session.actor) {
      return { value: token };
    }
    const acting = isOpen ? session : this.#overActing(token);
    if (!acting || acting.tokens.at(-1) !== token) {
      return isOpen ? NOT_FOUND : this.#refusalOf(token);
    }
    if (this.#stored.includes(acting)) {
      this.#end(acting, 'removed', { reason: 'logout', word: 'logout', isKnown: true });
    }
    const agent = this.#stored.find(({ linkedTo }) => linkedTo === acting);
    if (!agent || agent.userId !== acting.actor!.userId || this.now >= this.endOf(agent)) {
      return NOT_FOUND;
    }
    agent.linkedTo = undefined;
    agent.tokens.push(newToken);
    agent.returned = { from: token, tokens: agent.tokens.length };
    agent.graceUntil = 0;
    agent.version++;
    this.#extend(agent);
    this.#tell('regenerated', { id: agent.id });
    return { value: newToken };
  }

  inspect(token: string): Outcome {
    const { session, standing } = this.#standing(token);
    switch (standing) {
      case 'live':
      case 'grace':
        return {
          value: {
            id: session.id,
            data: session.data,
            userId: session.userId,
            version: session.version,
            confirmedAt:
              session.confirmedAt === undefined ? undefined : new Date(session.confirmedAt),
            ...this.#shown(session),
          },
        };
      default:
        return this.#refusalOf(token);
    }
  }

  /** `duration` is how long the change takes if it is called. */
  update(
    token: string,
    change: ModelChange,
    {
      sameUser,
      expireTime,
      duration = 0,
    }: { sameUser: boolean; expireTime?: number | undefined; duration?: number },
  ): Outcome {
    if (this.#isTooLong(expireTime)) {
      return REFUSED;
    }
    const before = this.#writable(token);
    if ('error' in before) {
      return before;
    }
    this.now += duration;
    const changed = change(before.session.data);
    if ('error' in changed) {
      return changed;
    }
    if (sameUser && belongsToAnother(changed.data, before.session)) {
      return REFUSED;
    }
    if (leavesUser(changed.data, before.session)) {
      return REFUSED;
    }
    const after = this.#writable(token);
    if ('error' in after) {
      return after;
    }
    this.#write(after.session, changed.data, sameUser, expireTime);
    this.#tell('updated', { id: after.session.id });
    return { value: changed.data };
  }

  renew(
    token: string,
    { allowExpired, expireTime }: { allowExpired: boolean; expireTime?: number | undefined },
  ): Outcome {
    if (this.#isTooLong(expireTime)) {
      return REFUSED;
    }
    const { session, standing } = this.#standing(token);
    const revivable = standing === 'expired' && allowExpired && token === session.tokens.at(-1);
    if (!revivable || this.now >= this.#limitOf(session)) {
      const found = this.#writable(token);
      if ('error' in found) {
        return found;
      }
    }
    this.#extend(session!, expireTime);
    if (expireTime !== undefined) {
      session!.version++;
    }
    this.#tell('renewed', { id: session!.id });
    return { value: true };
  }

  /** `newToken` is the one that the session got, if it got one. */
  regenerate(
    token: string,
    { change, grace }: { change: ModelChange | undefined; grace: number },
    newToken: string,
  ): Outcome {
    const found = this.#writable(token);
    if ('error' in found) {
      return found;
    }
    const { session } = found;
    const changed = change?.(session.data) ?? { data: session.data, kept: true };
    if ('error' in changed) {
      return changed;
    }
    if (grace > 0 && change && belongsToAnother(changed.data, session)) {
      return REFUSED;
    }
    if (change && leavesUser(changed.data, session)) {
      return REFUSED;
    }
    this.#write(session, changed.data, grace > 0);
    session.tokens.push(newToken);
    session.graceUntil = grace && this.now + grace;
    this.#tell('regenerated', { id: session.id });
    return { value: newToken };
  }

  remove(token: string, word = 'logout'): Outcome {
    const session = this.#endableBy(token);
    if (session) {
      this.#endWithActing(session, 'removed', { reason: 'logout', word });
    }
    return { value: true };
  }

  list(userId: string): Outcome {
    return {
      value: this.#newestFirst(userId).map((session) => ({
        id: session.id,
        ...this.#shown(session),
      })),
    };
  }

  listEnded(userId: string): Outcome {
    const ended = this.#kept.filter((session) => session.userId === userId).toSorted(newestFirst);
    return {
      value: ended.map((session) => {
        const { expiresAt, ...shown } = this.#shown(session) as { expiresAt: Date };
        return { id: session.id, ...shown, endedAt: expiresAt, endReason: session.endReason };
      }),
    };
  }

  eraseUser(userId: string): Outcome {
    const { length } = this.stored.filter((session) => session.userId === userId);
    const before = new Set(this.#kept);
    this.removeUserSessions(userId, undefined);
    this.#kept = this.#kept.filter((session) => session.userId !== userId && before.has(session));
    return { value: length };
  }

  /** What a call by a token of an ended session does, in a process with another clock. */
  useEnded(token: string, now: number): Outcome {
    const session = this.#kept.find(({ tokens }) => tokens.includes(token));
    const current = session?.tokens.at(-1) === token;
    const grace = session?.tokens.at(-2) === token && now < session.graceUntil;
    return session && (current || grace) ? endedBy(session) : NOT_FOUND;
  }

  removeById(id: string, userId: string | undefined): Outcome {
    const ended = this.#stored.filter(
      (session) => session.id === id && (userId === undefined || session.userId === userId),
    );
    ended.forEach((session) => this.#endWithActing(session, 'removed', { reason: 'by-id' }));
    return { value: ended.length };
  }

  removeUserSessions(userId: string, except: string | undefined): Outcome {
    if (this.stored.some(({ id, actor }) => id === except && actor)) {
      return ACTING;
    }
    const ended = this.#stored.filter(
      (session) => session.userId === userId && session.id !== except,
    );
    for (const session of ended) {
      this.#endWithActing(session, 'removed', { reason: 'by-user' });
    }
    return { value: ended.length };
  }

  removeExpired(): Outcome {
    const ended = this.#stored.filter((session) => this.endOf(session) <= this.now);
    ended.forEach((session) => this.#end(session, 'expired'));
    this.#kept = this.#kept.filter(({ expiresAt }) => expiresAt > this.now - this.rules.retention);
    return { value: ended.length };
  }

  /** The moment from which a session is expired. */
  endOf(session: ModelSession): number {
    return Math.min(session.expiresAt, this.#limitOf(session));
  }

  #limitOf(session: ModelSession | undefined): number {
    return session
      ? Math.min(session.createdAt + (this.rules.absoluteTimeout || Infinity), session.endsAt)
      : Infinity;
  }

  #standing(
    token: string,
  ):
    | { standing: 'live' | 'grace' | 'ended' | 'expired'; session: ModelSession }
    | { standing: 'missing'; session?: undefined } {
    const session = this.stored.find(({ tokens }) => tokens.includes(token));
    const current = session?.tokens.at(-1) === token;
    const grace = session?.tokens.at(-2) === token && this.now < session.graceUntil;
    if (!session || (!current && !grace)) {
      return { standing: 'missing' };
    }
    if (session.endReason !== undefined) {
      return { standing: 'ended', session };
    }
    if (this.now >= this.endOf(session)) {
      return { standing: 'expired', session };
    }
    return { standing: current ? 'live' : 'grace', session };
  }

  #writable(token: string): { session: ModelSession } | { error: string } {
    const { session, standing } = this.#standing(token);
    switch (standing) {
      case 'live':
        return { session };
      case 'grace':
        return CONFLICT;
      case 'ended':
        return endedBy(session);
      case 'expired':
        return EXPIRED;
      default:
        return NOT_FOUND;
    }
  }

  #isTooLong(expireTime: number | undefined): boolean {
    return expireTime !== undefined && expireTime > (this.rules.absoluteTimeout || Infinity);
  }

  #write(session: ModelSession, data: ModelData, sameUser: boolean, expireTime?: number): void {
    const owner = ownerOf(data);
    // With `sameUser` no user takes the place of another: a given owner stays.
    const keeps =
      session.actor !== undefined ||
      (sameUser && typeof owner === 'string' && session.userId !== undefined);
    if (!keeps && owner !== undefined && (owner ?? undefined) !== session.userId) {
      session.userId = owner ?? undefined;
      // The old token belongs to the previous owner, and so does what they have proved.
      session.graceUntil = 0;
      session.confirmedAt = undefined;
    }
    session.data = data;
    session.version++;
    this.#extend(session, expireTime);
  }

  #extend(session: ModelSession, expireTime?: number): void {
    const { renewTimestamp } = this.rules;
    session.renewedAt = this.now;
    if (expireTime !== undefined) {
      session.lifetime = expireTime;
      session.expiresAt = Math.min(this.now + expireTime, this.#limitOf(session));
      return;
    }
    const added = Math.min(session.lifetime ?? renewTimestamp, renewTimestamp);
    const guaranteed = Math.min(this.now + added, this.#limitOf(session));
    session.expiresAt = Math.max(session.expiresAt, guaranteed);
  }

  /** Ends a session, and before it the one in which its user acts as somebody else. */
  #endWithActing(session: ModelSession, type: string, end: ModelEnd = {}): void {
    const { linkedTo } = session;
    if (!this.#stored.includes(session)) {
      return;
    }
    if (linkedTo && this.#stored.includes(linkedTo)) {
      this.#end(linkedTo, type, { ...end, isKnown: true });
    }
    this.#end(session, type, linkedTo ? { ...end, isKnown: true } : end);
  }

  #end(
    session: ModelSession,
    type: string,
    { reason, word, isKnown = false }: ModelEnd = {},
  ): void {
    this.#stored = this.#stored.filter((other) => other !== session);
    if (this.rules.retention > 0 && type !== 'expired') {
      session.endReason = word ?? (type === 'evicted' ? 'evicted' : 'revoked');
      session.expiresAt = Math.min(session.expiresAt, this.now);
      this.#kept.push(session);
    }
    // A removal by token or by a login does not read the row, so it does not know whose it was.
    const isBlind = (reason === 'logout' || reason === 'replaced') && !isKnown;
    const subject = isBlind ? {} : named(session);
    this.#tell(type, { id: session.id, ...subject, ...(reason !== undefined && { reason }) });
  }

  /** Ends the session of the agent who acts in this one, or whose latest token replaced this one at the return. */
  #endAgentOf(acting: ModelSession, token: string, reason: string, word: string): void {
    const agent = this.#stored.find(
      ({ linkedTo, returned, tokens }) =>
        linkedTo === acting || (returned?.from === token && returned.tokens === tokens.length),
    );
    if (agent) {
      this.#endWithActing(agent, 'removed', { reason, word, isKnown: true });
    }
  }

  /** The session that a token can end: the current one, or the one that the latest rotation replaced. */
  #endableBy(token: string): ModelSession | undefined {
    return this.#stored.find(({ tokens }) => tokens.slice(-2).includes(token));
  }

  /** The acting session that this token opened until it ended or expired, or until the latest rotation. */
  #endableActing(token: string): ModelSession | undefined {
    const over = this.stored.find(({ actor, tokens }) => actor && tokens.slice(-2).includes(token));
    const { standing } = this.#standing(token);
    return standing === 'live' || standing === 'grace' ? undefined : over;
  }

  /** The acting session that this token opened until it ended or expired. */
  #overActing(token: string): ModelSession | undefined {
    const { session, standing } = this.#standing(token);
    const isOver = standing === 'ended' || standing === 'expired';
    return isOver && session.actor ? session : undefined;
  }

  /** Why a request with this token has no session. */
  #refusalOf(token: string): { error: string } {
    const { session, standing } = this.#standing(token);
    switch (standing) {
      case 'ended':
        return endedBy(session);
      case 'expired':
        return EXPIRED;
      default:
        return NOT_FOUND;
    }
  }

  #insert(
    {
      data,
      userId,
      expireTime,
      userAgent,
      isConfirmed,
    }: {
      data: ModelData;
      userId: string | undefined;
      expireTime: number | undefined;
      userAgent?: string | undefined;
      isConfirmed?: boolean;
    },
    token: string,
    replaced: readonly ModelSession[],
  ): Outcome {
    const { maxSessionsPerUser: most, onSessionLimit } = this.rules;
    let surplus: readonly ModelSession[] = [];
    if (most !== undefined && userId !== undefined) {
      surplus = this.#newestFirst(userId)
        .filter((session) => !session.actor && !replaced.includes(session))
        .slice(most - 1);
      if (surplus.length > 0 && onSessionLimit === 'reject') {
        return LIMIT;
      }
    }
    for (const session of replaced) {
      this.#endWithActing(session, 'removed', { reason: 'replaced', word: 'replaced' });
    }
    surplus.forEach((session) => this.#endWithActing(session, 'evicted'));
    const session = this.#add({ token, data, userId, lifetime: expireTime, userAgent });
    session.confirmedAt = isConfirmed ? this.now : undefined;
    return { value: token };
  }

  #add({
    token,
    data,
    userId,
    lifetime,
    userAgent,
    actor,
    endsAt = Infinity,
  }: {
    token: string;
    data: ModelData;
    userId: string | undefined;
    lifetime: number | undefined;
    userAgent?: string | undefined;
    actor?: ModelSession['actor'];
    endsAt?: number;
  }): ModelSession {
    const session: ModelSession = {
      id: token.split('.')[0]!,
      tokens: [token],
      createdAt: this.now,
      userAgent,
      actor,
      endsAt,
      data,
      userId,
      version: 1,
      renewedAt: this.now,
      lifetime,
      expiresAt: Math.min(this.now + (lifetime ?? this.rules.expireTime), endsAt),
      confirmedAt: undefined,
      graceUntil: 0,
      linkedTo: undefined,
      returned: undefined,
      endReason: undefined,
    };
    this.everyone.push(session);
    this.#stored.push(session);
    this.#tell('created', { id: session.id, ...named(session) });
    return session;
  }

  #newestFirst(userId: string): ModelSession[] {
    return this.#stored
      .filter((session) => session.userId === userId && this.now < this.endOf(session))
      .toSorted(newestFirst);
  }

  #shown(session: ModelSession): object {
    return {
      createdAt: new Date(session.createdAt),
      renewedAt: new Date(session.renewedAt),
      expiresAt: new Date(this.endOf(session)),
      actor: session.actor,
      client: { ip: undefined, userAgent: session.userAgent },
      device: 'unbound',
    };
  }

  #tell(type: string, event: Omit<ModelEvent, 'at' | 'type'>, skew = 0): void {
    this.#events.push({ type, at: new Date(this.now + skew), ...event });
  }
}

function endedBy({ endReason }: ModelSession): { error: string } {
  return { error: `ERR_SESSION_ENDED ${endReason}` };
}

function newestFirst(a: ModelSession, b: ModelSession): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}

function named({ userId, actor }: ModelSession): { userId?: string; actorId?: string } {
  return { ...(userId !== undefined && { userId }), ...(actor && { actorId: actor.userId }) };
}

/** Returns the owner that data names: `undefined` if it says nothing about one, `null` if it says that there is none. */
function ownerOf(data: ModelData): string | null | undefined {
  const owner = (data as { userId?: Owner } | null)?.userId;
  return owner === undefined || owner === null ? owner : String(owner);
}

function belongsToAnother(data: ModelData, session: ModelSession): boolean {
  const owner = ownerOf(data);
  return typeof owner === 'string' && owner !== session.userId && owner !== ownerOf(session.data);
}

/** Whether data names another user than the one as whom an agent acts in the session. */
function leavesUser(data: ModelData, { actor, userId }: ModelSession): boolean {
  const owner = ownerOf(data);
  return actor !== undefined && typeof owner === 'string' && owner !== userId;
}

/** Whether a login with this user gets nothing of the session before it. */
function isOfAnother({ userId }: ModelSession, next: string | undefined): boolean {
  return userId !== undefined && next !== undefined && next !== userId;
}

function hasKeys(data: ModelData): data is Record<string, never> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** Returns the data of a login, with the values of the session before it under these keys unless it has its own. */
function carryInto(data: object, before: ModelData, keys: readonly string[]): ModelData {
  const carried = hasKeys(before)
    ? keys.filter((key) => key in before).map((key) => [key, before[key]])
    : [];
  return { ...Object.fromEntries(carried), ...data };
}
