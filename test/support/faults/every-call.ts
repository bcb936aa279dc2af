import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  init,
  SessionStoreError,
  type InitOptions,
  type SessionManager,
} from 'nestjs-server-sessions';
import { placeOf } from '../databases/place.js';
import { openSessions, type TestDatabase, type TestSessions } from '../databases/databases.js';
import { faultyConnection, FAULTS, type Fault } from './faulty-connection.js';
import { stateReader } from '../databases/table-state.js';

/** The sessions that exist before each call, by their tokens. */
interface Tokens {
  readonly anns: string;
  readonly expired: string;
  readonly rotatedOut: string;
}

type Call = (manager: SessionManager, tokens: Tokens) => Promise<unknown>;

const addVisit = (data: { visits: number }) => void data.visits++;
const START = Date.UTC(2026, 0, 1);
const ANN = { userId: 'ann', visits: 0 };
const idOf = (token: string) => token.split('.')[0]!;

/** Every method, in each variant that sends different statements. */
const CALLS: Readonly<Record<string, Call>> = {
  createSession: (manager) => manager.createSession({ userId: 'bob' }),
  'createSession at the limit': (manager) => manager.createSession(ANN),
  retrieveSession: (manager, { anns }) => manager.retrieveSession(anns),
  inspectSession: (manager, { anns }) => manager.inspectSession(anns),
  'updateSession with data': (manager, { anns }) => manager.updateSession(anns, { visits: 7 }),
  'updateSession by change': (manager, { anns }) => manager.updateSession(anns, addVisit),
  renewSession: (manager, { anns }) => manager.renewSession(anns),
  'renewSession of an expired one': (manager, { expired }) =>
    manager.renewSession(expired, { allowExpired: true }),
  regenerateSession: (manager, { anns }) => manager.regenerateSession(anns),
  'regenerateSession with a change and a grace': (manager, { anns }) =>
    manager.regenerateSession(anns, { change: addVisit, grace: 10_000 }),
  removeSession: (manager, { anns }) => manager.removeSession(anns),
  'removeSession by a token rotated out': (manager, { rotatedOut }) =>
    manager.removeSession(rotatedOut),
  removeExpiredSessions: (manager) => manager.removeExpiredSessions(),
  ping: (manager) => manager.ping(),
  listSessions: (manager) => manager.listSessions('ann'),
  removeSessionById: (manager, { anns }) => manager.removeSessionById(idOf(anns)),
  'removeSessionById of a user': (manager, { anns }) =>
    manager.removeSessionById(idOf(anns), { userId: 'ann' }),
  removeUserSessions: (manager) => manager.removeUserSessions('ann'),
  'removeUserSessions but for one': (manager, { anns }) =>
    manager.removeUserSessions('ann', { except: idOf(anns) }),
};

/** Calls that end sessions. By default, such a call keeps the rows. */
const ENDINGS = Object.keys(CALLS).filter((name) => /at the limit|^remove(?!Expired)/.test(name));

const optionsOf = (name: string): InitOptions =>
  name.endsWith('at the limit') ? { maxSessionsPerUser: 2 } : {};

const CASES: readonly (readonly [name: string, call: Call, options: InitOptions])[] = [
  ...Object.entries(CALLS).map(([name, call]) => [name, call, optionsOf(name)] as const),
  ...ENDINGS.map((name) => {
    const options = { ...optionsOf(name), cleanup: { interval: false as const } };
    return [`${name}, with a retention`, CALLS[name]!, options] as const;
  }),
];

/** Checks that no call of a `SessionManager` leaves anything half done, whichever of its statements fails. */
export function describeEveryCall(database: TestDatabase): void {
  const clock = { time: 0, now: () => clock.time };
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, { clock, cleanup: false });
  });
  afterAll(() => sessions.close());

  /** Creates the same sessions at the same times at every call. */
  const someSessions = async (): Promise<Tokens> => {
    const { manager, sequelize, tableName } = sessions;
    await sequelize.query(`DELETE FROM ${tableName}`);
    clock.time = START;
    const expired = await manager.createSession({ userId: 'eve' }, { expireTime: 1 });
    clock.time += 1000;
    const anns = await manager.createSession(ANN);
    clock.time += 1000;
    await manager.createSession(ANN);
    clock.time += 1000;
    const rotatedOut = await manager.createSession({ userId: 'eve' });
    await manager.regenerateSession(rotatedOut);
    clock.time += 1000;
    return { anns, expired, rotatedOut };
  };

  /** Returns the result of a call whose statement of this number fails, on a separate connection. */
  async function run(options: InitOptions, call: Call, number: number, fault: Fault) {
    const tokens = await someSessions();
    const states = await stateReader(sessions);
    const before = await states();
    const connection = database.connect(placeOf(sessions).storagePath);
    const { tableName } = sessions;
    const manager = await init({ connection, tableName, clock, cleanup: false, ...options });
    const faults = faultyConnection(connection);
    faults.failAt(number, fault);
    const [outcome] = await Promise.allSettled([call(manager, tokens)]);
    const calls = faults.calls();
    await manager.close();
    await connection.close();
    return { outcome, calls, before, after: await states() };
  }

  describe.each(CASES)('%s', (_, call, options) => {
    it.each(FAULTS)(
      'the state is that before or after the call, whichever of its statements is %s',
      async (fault) => {
        const whole = await run(options, call, 0, fault);
        expect(whole.outcome.status).toBe('fulfilled');
        expect(whole.calls).toBeGreaterThan(0);
        for (let number = 1; number <= whole.calls; number++) {
          const { outcome, before, after } = await run(options, call, number, fault);
          if (outcome.status === 'fulfilled') {
            expect(after).toEqual(whole.after);
          } else {
            expect(outcome.reason).toBeInstanceOf(SessionStoreError);
            expect([before, whole.after]).toContainEqual(after);
          }
        }
      },
    );
  });
}
