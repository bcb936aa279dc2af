import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import fc, { type AsyncCommand } from 'fast-check';
import {
  SessionHttpException,
  type SessionChange,
  type SessionEndReason,
  type SessionEvent,
  type SessionManager,
} from 'nestjs-server-sessions';
import type { TestClock } from '../support/sessions/test-clock.js';
import {
  UNKNOWN,
  type ModelChange,
  type ModelData,
  type ModelSession,
  type Outcome,
  type SessionModel,
} from './session-model.js';
import { FRESH_MS, KINDS, type Kind, type RequestedKind } from './session-requests.js';

/** One kind of sessions of the library under test, with the events since the last check. */
export interface RealSessions {
  readonly manager: SessionManager<ModelData>;
  readonly clock: TestClock;
  readonly events: SessionEvent[];
  /** The same table in an application whose clock differs. */
  readonly requests: RequestedKind;
  readonly skewed: SkewedClock;
}

/** The clock of another process. */
export interface SkewedClock {
  /** Milliseconds by which it is ahead of the other. */
  skew: number;
}

export type ModelKinds = Readonly<Record<Kind, SessionModel>>;
export type RealKinds = Readonly<Record<Kind, RealSessions>>;
export type SessionCommand = AsyncCommand<ModelKinds, RealKinds>;

export const USERS = ['ann', 'bob', '7'];

/** A command for the library and the model, and how to compare their results. */
interface Step {
  real(sessions: RealSessions): Promise<unknown>;
  /** `value` is what the library returned; the model may only read from it what it can't predict, a token. */
  model(model: SessionModel, value: unknown): Outcome;
  /** By how many milliseconds the clock of the call's process differs. */
  readonly skew?: number;
}

/** Returns the step of a command for the present state, or nothing if there is none. */
type Plan = (model: SessionModel, other: SessionModel) => Step | undefined;

/** What is done with one kind of sessions, beside the other. */
class Command {
  readonly text: string;
  readonly plan: Plan;

  constructor(text: string, plan: Plan) {
    this.text = text;
    this.plan = plan;
  }
}

class CommandOnKind implements SessionCommand {
  readonly #kind: Kind;
  readonly #other: Kind;
  readonly #command: Command;

  constructor(kind: Kind, command: Command) {
    this.#kind = kind;
    this.#other = KINDS.find((other) => other !== kind)!;
    this.#command = command;
  }

  check(models: ModelKinds): boolean {
    return this.#plan(models) !== undefined;
  }

  async run(models: ModelKinds, kinds: RealKinds): Promise<void> {
    const step = this.#plan(models)!;
    const model = models[this.#kind];
    const real = await outcomeOf(step.real(kinds[this.#kind]));
    const expected = step.model(model, 'value' in real ? real.value : undefined);
    agree(String(this), real, expected);
    agree(
      `events of ${String(this)}`,
      KINDS.map((kind) => inOrder(kinds[kind].events.splice(0))),
      KINDS.map((kind) =>
        inOrder(kind === this.#kind ? model.takeEvents(expected, step.skew) : []),
      ),
    );
  }

  toString(): string {
    return `${this.#kind}: ${this.#command.text}`;
  }

  #plan(models: ModelKinds): Step | undefined {
    return this.#command.plan(models[this.#kind], models[this.#other]);
  }
}

/** Throws if the library did not do what the model says. */
export function agree(what: string, real: unknown, expected: unknown): void {
  // First the cheap check: there are a million of these.
  if (shown(real) !== shown(expected)) {
    expect({ [what]: real }).toEqual({ [what]: expected });
  }
}

/** Returns the outcome of a call. Errors without a code of this library are thrown. */
export async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await call };
  } catch (error) {
    if (error instanceof SessionHttpException) {
      return refusal(error.extensions);
    }
    const { code, reason } = error as { code?: unknown; reason?: string };
    if (typeof code !== 'string') {
      throw error;
    }
    return { error: reason === undefined ? code : `${code} ${reason}` };
  }
}

/** The outcome of a request that was refused. */
function refusal({ code, reason }: { readonly code: string; readonly reason?: string }): Outcome {
  return { error: reason === undefined ? `ERR_${code}` : `ERR_${code} ${reason}` };
}

/** Commands in any order, a few sessions' worth of each, most of them on one kind of sessions. */
export function sessionCommands(replayPath?: string): fc.Arbitrary<Iterable<SessionCommand>> {
  const kind = fc.constantFrom<Kind>('customers', 'customers', 'customers', 'customers', 'staff');
  return fc.commands(
    [
      ...often(6, create()),
      ...often(6, advance()),
      ...often(5, regenerate()),
      ...often(3, updateWithData()),
      ...often(3, updateByChange()),
      ...often(3, renew()),
      read('retrieveSession', (manager, token) => manager.retrieveSession(token)),
      read('inspectSession', (manager, token) => manager.inspectSession(token)),
      remove(),
      ...often(2, useEnded()),
      list(),
      listEnded(),
      eraseUser(),
      removeById(),
      removeUserSessions(),
      removeExpired(),
      ...often(3, start()),
      ...often(3, confirm()),
      ...often(2, requireFresh()),
      ...often(3, actAs()),
      ...often(3, stopActing()),
      end(),
    ].map((commands) =>
      fc.tuple(kind, commands).map(([kind, command]) => new CommandOnKind(kind, command)),
    ),
    { maxCommands: 60, size: 'medium', ...(replayPath !== undefined && { replayPath }) },
  );
}

const often = <Choice>(times: number, choice: Choice) => Array<Choice>(times).fill(choice);

const user = fc.constantFrom(...USERS);

const data: fc.Arbitrary<ModelData> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ userId: user, count: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.constant({ userId: 7 }) },
  { weight: 1, arbitrary: fc.constant({ userId: null, count: 0 }) },
  { weight: 2, arbitrary: fc.constantFrom<ModelData>(null, 'text', ['a', 'b'], {}, { count: 1 }) },
);

/** A token that is or was valid, or is made up. */
const tokenChoice = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('current' as const) },
    { weight: 6, arbitrary: fc.constant('replaced' as const) },
    { weight: 2, arbitrary: fc.constant('first' as const) },
    { weight: 1, arbitrary: fc.constantFrom('forged', 'malformed') },
    { weight: 1, arbitrary: fc.constant('of the other kind' as const) },
  ),
  session: fc.nat(7),
});

type TokenChoice = typeof tokenChoice extends fc.Arbitrary<infer Choice> ? Choice : never;

/** Returns nothing if there is no such token, or no client ever got it. */
function tokenOf(
  model: SessionModel,
  other: SessionModel,
  { kind, session }: TokenChoice,
): string | undefined {
  const chosen = sessionOf(kind === 'of the other kind' ? other : model, session);
  if (!chosen) {
    return undefined;
  }
  const { id, tokens } = chosen;
  switch (kind) {
    case 'of the other kind':
    case 'current':
      return tokens.at(-1);
    case 'replaced':
      return model.everyone
        .filter(({ tokens }) => tokens.length > 1)
        .at(-1 - (session % 2))
        ?.tokens.at(-2);
    case 'first':
      return tokens[0];
    case 'forged':
      return `${id}.${'A'.repeat(43)}`;
    default:
      return id;
  }
}

/** One of all sessions ever created, counted from the newest. */
function sessionOf({ everyone }: SessionModel, choice: number): ModelSession | undefined {
  return everyone.at(-1 - (choice % everyone.length));
}

/** By how many milliseconds the clock of another process differs. */
const skews = fc.constantFrom(0, 0, 0, -5000, -1, 1, 5000);

function create() {
  const expireTime = fc.option(fc.constantFrom(1, 40, 80, 100, 250, 251), { nil: undefined });
  const userAgent = fc.constantFrom(undefined, 'Firefox');
  const userId = fc.option(user, { nil: undefined, freq: 1 });
  return fc.tuple(data, fc.record({ expireTime, userId, userAgent })).map(
    ([data, { expireTime, userId, userAgent }]) =>
      new Command(`createSession(${shown(data)}, ${shown({ expireTime, userId })})`, () => ({
        real: ({ manager }) =>
          manager.createSession(data, { expireTime, userId, client: { userAgent } }),
        model: (model, token) =>
          model.create(
            data,
            { expireTime, userId, userAgent },
            (token as string | undefined) ?? '',
          ),
      })),
  );
}

/** Moves the clock, mostly to times at which sessions change their status. */
function advance() {
  const toEdge = fc
    .tuple(edge, fc.nat(7))
    .map(
      ([edge, session]) =>
        new Command(`advance to ${nameOf(edge)} of ${session}`, (model) =>
          moveTo(timeOf(model, edge, sessionOf(model, session))),
        ),
    );
  const byAmount = fc
    .constantFrom(1, 20, 40)
    .map((amount) => new Command(`advance by ${amount}`, ({ now }) => moveTo(now + amount)));
  return fc.oneof({ weight: 3, arbitrary: toEdge }, { weight: 1, arbitrary: byAmount });
}

/** A moment at which a session changes its status, or the millisecond before or after it. */
const edge = fc.record({
  of: fc.constantFrom('expiry', 'limit', 'grace', 'renewal', 'limited renewal', 'freshness'),
  offset: fc.constantFrom(-1, 0, 1),
});

type Edge = typeof edge extends fc.Arbitrary<infer Choice> ? Choice : never;

const nameOf = ({ of, offset }: Edge) => `${of}${offset < 0 ? offset : `+${offset}`}`;

function timeOf(
  { now, rules: { absoluteTimeout, renewTimestamp } }: SessionModel,
  { of, offset }: Edge,
  session: ModelSession | undefined,
): number {
  if (!session) {
    return now;
  }
  const limit = absoluteTimeout === false ? now : session.createdAt + absoluteTimeout;
  const times = {
    expiry: session.expiresAt,
    limit,
    grace: session.graceUntil,
    renewal: session.expiresAt - renewTimestamp,
    'limited renewal': limit - renewTimestamp,
    freshness: (session.confirmedAt ?? now) + FRESH_MS,
  };
  return times[of as keyof typeof times] + offset;
}

/** Moves the clock to a time, if that is in the future. */
function moveTo(time: number): Step {
  return {
    real: async ({ clock }) => clock.advance(Math.max(0, time - clock.now())),
    model(model) {
      model.now = Math.max(model.now, time);
      return { value: undefined };
    },
  };
}

function read(
  name: 'inspectSession' | 'retrieveSession',
  call: (manager: SessionManager<ModelData>, token: string) => Promise<unknown>,
) {
  return onToken(name, fc.constant({}), (token) => ({
    real: ({ manager }) => call(manager, token),
    model(model) {
      const outcome = model.inspect(token);
      return name === 'retrieveSession' && 'value' in outcome
        ? { value: (outcome.value as { data: ModelData }).data }
        : outcome;
    },
  }));
}

/** A call in a request with a token, to an application whose clock differs. */
function onRequest<Options>(
  name: string,
  options: fc.Arbitrary<Options>,
  step: (token: string, options: Options) => Step,
) {
  const all = fc.record({ options, skew: skews });
  return onToken(name, all, (token, { options, skew }) => {
    const call = step(token, options);
    return {
      skew,
      async real(sessions) {
        sessions.skewed.skew = skew;
        try {
          return await call.real(sessions);
        } finally {
          sessions.skewed.skew = 0;
        }
      },
      model(sessions, value) {
        sessions.now += skew;
        try {
          return call.model(sessions, value);
        } finally {
          sessions.now -= skew;
        }
      },
    };
  });
}

function start() {
  const carry = fc.constantFrom(undefined, ['count'], ['count', 'userId']);
  const options = fc.record({ data, carry, expireTime: ownLifetime });
  return onRequest('start', options, (token, { data, carry, expireTime }) => ({
    real: ({ requests }) =>
      requests.act(token, (session) =>
        session.start(data, { carry: carry as never[] | undefined, expireTime }),
      ),
    model: (model, newToken) =>
      model.start(token, data, { carry, expireTime }, (newToken as string | undefined) ?? ''),
  }));
}

function confirm() {
  const options = fc.record({ change: fc.option(change, { nil: undefined, freq: 1 }) });
  return onRequest('confirm', options, (token, { change }) => ({
    real: ({ requests }) =>
      requests.act(token, (session) => session.confirm({ change: change && realChange(change) })),
    model: (model, newToken) =>
      model.confirm(token, change && modelChange(change), (newToken as string | undefined) ?? ''),
  }));
}

function requireFresh() {
  return onRequest('requireFresh', fc.constant({}), (token) => ({
    async real({ requests }) {
      const { code, reason } = await requests.requireFresh(token);
      if (code !== undefined) {
        throw Object.assign(new Error('The request was refused.'), { code: `ERR_${code}`, reason });
      }
      return true;
    },
    model: (model) => model.requireFresh(token, FRESH_MS),
  }));
}

function actAs() {
  const options = fc.record({ data, lasting: fc.constantFrom(1, 20, 80, 251) });
  return onRequest('actAs', options, (token, { data, lasting }) => ({
    real: ({ requests }) => requests.act(token, (session) => session.actAs(data, { for: lasting })),
    model: (model, newToken) =>
      model.actAs(token, data, lasting, (newToken as string | undefined) ?? ''),
  }));
}

function stopActing() {
  return onRequest('stopActing', fc.constant({}), (token) => ({
    real: ({ requests }) => requests.act(token, (session) => session.stopActing()),
    model: (model, newToken) => model.stopActing(token, (newToken as string | undefined) ?? ''),
  }));
}

function end() {
  const word = fc.option(fc.constant('password-changed' as SessionEndReason), { nil: undefined });
  return onRequest('end', fc.record({ reason: word }), (token, { reason }) => ({
    real: ({ requests }) => requests.act(token, (session) => session.end({ reason })),
    model: (model) => model.end(token, reason),
  }));
}

function updateWithData() {
  const options = fc.record({ data, sameUser: fc.boolean(), expireTime: ownLifetime });
  return onToken('updateSession with', options, (token, { data, ...options }) => ({
    real: ({ manager }) => manager.updateSession(token, data, options),
    model: (model) => model.update(token, () => ({ data }), options),
  }));
}

/** A lifetime that a call gives to one session, mostly none. */
const ownLifetime = fc.option(fc.constantFrom(1, 20, 80, 121, 250, 251), {
  nil: undefined,
  freq: 1,
});

function updateByChange() {
  const duration = fc.constantFrom(0, 0, 1, 40, 100);
  const options = fc.record({ change, sameUser: fc.boolean(), duration });
  return onToken('updateSession by', options, (token, { change, sameUser, duration }) => ({
    real({ manager, clock }) {
      const slow: SessionChange<ModelData> = (draft) => {
        clock.advance(duration);
        return realChange(change)(draft);
      };
      return manager.updateSession(token, slow, { sameUser });
    },
    model: (model) => model.update(token, modelChange(change), { sameUser, duration }),
  }));
}

function renew() {
  const options = fc.record({ allowExpired: fc.boolean(), expireTime: ownLifetime });
  return onToken('renewSession', options, (token, options) => ({
    real: ({ manager }) => manager.renewSession(token, options),
    model: (model) => model.renew(token, options),
  }));
}

function regenerate() {
  const grace = fc.constantFrom(undefined, 0, 1, 30, 300);
  const options = fc.record({ change: fc.option(change, { nil: undefined }), grace });
  return onToken('regenerateSession', options, (token, { change, grace }) => ({
    real: ({ manager }) =>
      manager.regenerateSession(token, { change: change && realChange(change), grace }),
    model: (model, newToken) =>
      model.regenerate(
        token,
        { change: change && modelChange(change), grace: grace ?? 0 },
        (newToken as string | undefined) ?? '',
      ),
  }));
}

function remove() {
  const word = fc.option(fc.constant('password-changed' as SessionEndReason), { nil: undefined });
  return onToken('removeSession', fc.record({ reason: word }), (token, { reason }) => ({
    real: ({ manager }) => manager.removeSession(token, { reason }),
    model: (model) => model.remove(token, reason),
  }));
}

/** A write by a token of an ended session, in another process whose clock differs. It must not bring the session back. */
function useEnded() {
  const writes: Record<string, (manager: SessionManager, token: string) => Promise<unknown>> = {
    update: (manager, token) => manager.updateSession(token, 'late'),
    change: (manager, token) => manager.updateSession(token, () => 'late'),
    renew: (manager, token) => manager.renewSession(token, { allowExpired: true, expireTime: 90 }),
    regenerate: (manager, token) => manager.regenerateSession(token, { grace: 50 }),
    inspect: (manager, token) => manager.inspectSession(token),
  };
  const choice = fc.record({
    write: fc.constantFrom(...Object.keys(writes)),
    skew: fc.constantFrom(-5000, -1, 0, 1, 5000),
    session: fc.nat(7),
    tokensBefore: fc.constantFrom(0, 0, 1),
  });
  return choice.map(
    ({ write, skew, session, tokensBefore }) =>
      new Command(`late ${write} (${shown({ session, tokensBefore, skew })})`, ({ kept }) => {
        const token = kept.at(-1 - (session % kept.length))?.tokens.at(-1 - tokensBefore);
        return token === undefined || token === UNKNOWN
          ? undefined
          : {
              real({ requests, skewed }) {
                skewed.skew = skew;
                return writes[write]!(requests.manager, token).finally(() => {
                  skewed.skew = 0;
                });
              },
              model: (model) => model.useEnded(token, model.now + skew),
            };
      }),
  );
}

function listEnded() {
  return user.map(
    (user) =>
      new Command(`listSessions(${user}, { ended: true })`, () => ({
        real: ({ manager }) => manager.listSessions(user, { ended: true }),
        model: (model) => model.listEnded(user),
      })),
  );
}

function eraseUser() {
  return user.map(
    (user) =>
      new Command(`eraseUser(${user})`, () => ({
        real: ({ manager }) => manager.eraseUser(user),
        model: (model) => model.eraseUser(user),
      })),
  );
}

function list() {
  return user.map(
    (user) =>
      new Command(`listSessions(${user})`, () => ({
        real: ({ manager }) => manager.listSessions(user),
        model: (model) => model.list(user),
      })),
  );
}

function removeById() {
  const userId = fc.option(user, { nil: undefined });
  return fc.tuple(fc.nat(7), userId).map(
    ([choice, userId]) =>
      new Command(`removeSessionById(${choice}, ${shown({ userId })})`, (model) => {
        const id = sessionOf(model, choice)?.id ?? 'none';
        return {
          real: ({ manager }) =>
            manager.removeSessionById(id, userId === undefined ? {} : { userId }),
          model: (model) => model.removeById(id, userId),
        };
      }),
  );
}

function removeUserSessions() {
  const except = fc.option(fc.nat(7), { nil: undefined });
  return fc.tuple(user, except).map(
    ([user, choice]) =>
      new Command(`removeUserSessions(${user}, ${shown({ except: choice })})`, (model) => {
        const except = choice === undefined ? undefined : sessionOf(model, choice)?.id;
        return {
          real: ({ manager }) => manager.removeUserSessions(user, { except }),
          model: (model) => model.removeUserSessions(user, except),
        };
      }),
  );
}

function removeExpired() {
  return fc.constantFrom(1, 1000).map(
    (batchSize) =>
      new Command(`removeExpiredSessions(${shown({ batchSize })})`, () => ({
        real: ({ manager }) => manager.removeExpiredSessions({ batchSize }),
        model: (model) => model.removeExpired(),
      })),
  );
}

/** A call on a token, chosen among those that exist by then; often at a moment when its session changes. */
function onToken<Options>(
  name: string,
  options: fc.Arbitrary<Options>,
  step: (token: string, options: Options) => Step,
) {
  const when = fc.option(edge, { nil: undefined, freq: 1 });
  return fc.tuple(tokenChoice, options, when).map(([choice, options, when]) => {
    const time = when ? ` at ${nameOf(when)}` : '';
    const text = `${name} ${shown(options)} (${choice.kind} ${choice.session}${time})`;
    return new Command(text, (model, other) => {
      const token = tokenOf(model, other, choice);
      if (token === undefined || token === UNKNOWN) {
        return undefined;
      }
      const session = model.everyone.find(({ tokens }) => tokens.includes(token));
      const move = moveTo(when ? timeOf(model, when, session) : model.now);
      const call = step(token, options);
      return {
        skew: call.skew ?? 0,
        async real(sessions) {
          await move.real(sessions);
          return call.real(sessions);
        },
        model(model, value) {
          move.model(model, undefined);
          return call.model(model, value);
        },
      };
    });
  });
}

const change = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('mutates', 'returns') },
    { weight: 1, arbitrary: fc.constantFrom('returns the draft', 'both', 'throws', 'nothing') },
  ),
  data,
  isAsync: fc.boolean(),
});

type Change = typeof change extends fc.Arbitrary<infer Kind> ? Kind : never;

function realChange({ kind, data, isAsync }: Change): SessionChange<ModelData> {
  const change = (draft: ModelData): ModelData | void => {
    if (kind === 'throws') {
      throw Object.assign(new Error('The change failed.'), { code: 'CHANGE_FAILED' });
    }
    if (kind === 'mutates' || kind === 'both') {
      mutate(draft);
    }
    if (kind === 'returns the draft') {
      return draft;
    }
    return kind === 'returns' || kind === 'both' ? data : undefined;
  };
  return isAsync ? async (draft) => change(draft) : change;
}

function modelChange({ kind, data }: Change): ModelChange {
  return (old) => {
    const altered = structuredClone(old);
    const alters = mutate(altered);
    switch (kind) {
      case 'throws':
        return { error: 'CHANGE_FAILED' };
      case 'mutates':
        return { data: altered };
      case 'returns':
        return { data };
      case 'both':
        return alters ? { error: 'ERR_SESSION_CONFIGURATION' } : { data };
      default:
        return { data: old };
    }
  };
}

/** Changes data if it is of a mutable kind; returns whether it did. */
function mutate(data: ModelData): boolean {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return false;
  }
  const record = data as { count?: number };
  record.count = (record.count ?? 0) + 1;
  return true;
}

/** The events of one call have no order. */
function inOrder(events: readonly { readonly type: string; readonly id?: string }[]) {
  return events.toSorted((a, b) => (a.type + a.id < b.type + b.id ? -1 : 1));
}

function shown(value: unknown): string {
  return inspect(value, { depth: 5, breakLength: Infinity, sorted: true });
}
