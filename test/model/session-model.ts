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
  readonly reason?: string;
  readonly code?: string;
}

/** A session as its rules see it. */
export interface ModelSession {
  readonly id: string;
  /** All tokens that it ever had, the current one last. */
  readonly tokens: string[];
  readonly createdAt: number;
  readonly userAgent: string | undefined;
  data: ModelData;
  userId: string | undefined;
  version: number;
  renewedAt: number;
  /** How long it lives after a renewal, if it does not follow the rules. */
  lifetime: number | undefined;
  expiresAt: number;
  /** Until when the second to last token may read. */
  graceUntil: number;
  /** Why it was ended, if it was. */
  endReason: string | undefined;
}

/** How a change turns old data into new: the data to store, or the code of an error. */
export type ModelChange = (data: ModelData) => { readonly data: ModelData } | { error: string };

const NOT_FOUND = { error: 'ERR_SESSION_NOT_FOUND' };
const EXPIRED = { error: 'ERR_SESSION_EXPIRED' };
const CONFLICT = { error: 'ERR_SESSION_CONFLICT' };
const LIMIT = { error: 'ERR_SESSION_LIMIT' };
const REFUSED = { error: 'ERR_SESSION_CONFIGURATION' };

/** The errors of calls that did what they should, or whose `change` threw. */
const NO_FAILURES = [
  ...[NOT_FOUND, EXPIRED, REFUSED].map(({ error }) => error),
  'ERR_SESSION_ENDED',
  'CHANGE_FAILED',
];

/** The documented rules of sessions, in memory and one call after the other. */
export class SessionModel {
  /** All sessions that were ever created, including removed ones: their tokens must stay invalid. */
  readonly everyone: ModelSession[] = [];
  now: number;
  readonly rules: ModelRules;
  /** The live and the expired sessions that have a row. */
  #stored: ModelSession[] = [];
  #kept: ModelSession[] = [];
  #events: ModelEvent[] = [];

  constructor(rules: ModelRules, now: number) {
    this.rules = rules;
    this.now = now;
  }

  /** The sessions that have a row, live, expired or ended. */
  get stored(): readonly ModelSession[] {
    return [...this.#stored, ...this.#kept];
  }

  /** The ended sessions that have a row. */
  get kept(): readonly ModelSession[] {
    return this.#kept;
  }

  /** The events since the last call, which had this outcome. */
  takeEvents(outcome: Outcome): ModelEvent[] {
    // The model adds the reason to the code of an ended session.
    if ('error' in outcome && !NO_FAILURES.includes(outcome.error.split(' ')[0]!)) {
      this.#tell('failed', { code: outcome.error });
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
    const lifetime = expireTime ?? this.rules.expireTime;
    if (lifetime > (this.rules.absoluteTimeout || Infinity)) {
      return REFUSED;
    }
    const userId = given ?? ownerOf(data) ?? undefined;
    const { maxSessionsPerUser: most, onSessionLimit } = this.rules;
    if (most !== undefined && userId !== undefined) {
      const surplus = this.#newestFirst(userId).slice(most - 1);
      if (surplus.length > 0 && onSessionLimit === 'reject') {
        return LIMIT;
      }
      surplus.forEach((session) => this.#end(session, 'evicted'));
    }
    const session: ModelSession = {
      id: token.split('.')[0]!,
      tokens: [token],
      createdAt: this.now,
      userAgent,
      data,
      userId,
      version: 1,
      renewedAt: this.now,
      lifetime: expireTime,
      expiresAt: this.now + lifetime,
      graceUntil: 0,
      endReason: undefined,
    };
    this.everyone.push(session);
    this.#stored.push(session);
    this.#tell('created', { id: session.id, ...named(session) });
    return { value: token };
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
            ...this.#shown(session),
          },
        };
      case 'ended':
        return endedBy(session);
      case 'expired':
        return EXPIRED;
      default:
        return NOT_FOUND;
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
    this.#write(session, changed.data, grace > 0);
    session.tokens.push(newToken);
    session.graceUntil = grace && this.now + grace;
    this.#tell('regenerated', { id: session.id });
    return { value: newToken };
  }

  remove(token: string, word = 'logout'): Outcome {
    const session = this.#stored.find(({ tokens }) => tokens.slice(-2).includes(token));
    if (session) {
      this.#end(session, 'removed', 'logout', word);
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
    this.removeUserSessions(userId, undefined);
    this.#kept = this.#kept.filter((session) => session.userId !== userId);
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
    ended.forEach((session) => this.#end(session, 'removed', 'by-id'));
    return { value: ended.length };
  }

  removeUserSessions(userId: string, except: string | undefined): Outcome {
    const ended = this.#stored.filter(
      (session) => session.userId === userId && session.id !== except,
    );
    ended.forEach((session) => this.#end(session, 'removed', 'by-user'));
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
    return session ? session.createdAt + (this.rules.absoluteTimeout || Infinity) : Infinity;
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
    const keeps = sameUser && typeof owner === 'string' && session.userId !== undefined;
    if (!keeps && owner !== undefined && (owner ?? undefined) !== session.userId) {
      session.userId = owner ?? undefined;
      // The old token belongs to the previous owner.
      session.graceUntil = 0;
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

  /** `word` is what the holder of the token hears. */
  #end(session: ModelSession, type: string, reason?: string, word?: string): void {
    this.#stored = this.#stored.filter((other) => other !== session);
    if (this.rules.retention > 0 && type !== 'expired') {
      session.endReason = word ?? (type === 'evicted' ? 'evicted' : 'revoked');
      session.expiresAt = Math.min(session.expiresAt, this.now);
      this.#kept.push(session);
    }
    // A removal by token does not read the row, so it does not know whose it was.
    const owner = reason === 'logout' ? {} : named(session);
    this.#tell(type, { id: session.id, ...owner, ...(reason !== undefined && { reason }) });
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
      client: { ip: undefined, userAgent: session.userAgent },
      device: 'unbound',
    };
  }

  #tell(type: string, event: Omit<ModelEvent, 'at' | 'type'>): void {
    this.#events.push({ type, at: new Date(this.now), ...event });
  }
}

function endedBy({ endReason }: ModelSession): { error: string } {
  return { error: `ERR_SESSION_ENDED ${endReason}` };
}

function newestFirst(a: ModelSession, b: ModelSession): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}

function named({ userId }: ModelSession): { userId?: string } {
  return userId === undefined ? {} : { userId };
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
