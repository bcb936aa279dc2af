import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionsConfigurationError, type SessionManager } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 60 * 60 * 1000;

/** Values of a clock that are not a time. */
const NO_TIMES: [string, unknown][] = [
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['a time before 1970', -1],
  ['a time that a session id has no room for', 2 ** 48],
  ['undefined', undefined],
  ['null', null],
  ['a string', String(START)],
  ['a bigint', BigInt(START)],
  ['a Date', new Date(START)],
  ['a promise', Promise.resolve(START)],
];

describeDatabases((database) => {
  let sessions: TestSessions;
  let now: unknown;
  let manager: SessionManager;

  beforeEach(async () => {
    now = START;
    const clock = { now: () => now as number };
    sessions = await openSessions(database, { clock });
    ({ manager } = sessions);
  });
  afterEach(() => sessions.close());

  const rows = () =>
    sessions.select(
      `SELECT data, created_at, renewed_at, expires_at FROM ${sessions.tableName} ORDER BY id`,
    );

  describe('a clock that returns no valid time', () => {
    it.each(NO_TIMES)(
      'every call refuses a clock without a valid time, names it, and writes nothing: %s',
      async (_, time) => {
        const token = await manager.createSession({ userId: 'ann' }, { expireTime: HOUR });
        const before = await rows();
        now = time;
        for (const call of [
          () => manager.createSession({ userId: 'ann' }),
          () => manager.retrieveSession(token),
          () => manager.inspectSession(token),
          () => manager.updateSession(token, {}),
          () => manager.updateSession(token, (data) => data),
          () => manager.renewSession(token, { allowExpired: true }),
          () => manager.regenerateSession(token),
          () => manager.regenerateSession(token, { grace: 1000 }),
          () => manager.listSessions('ann'),
          () => manager.removeExpiredSessions(),
        ]) {
          const error = await rejectionOf(call());
          expect(error).toBeInstanceOf(SessionsConfigurationError);
          expect((error as Error).message).toMatch(
            /^clock\.now\(\) must be a number of milliseconds/,
          );
        }
        expect(await rows()).toEqual(before);
      },
    );
  });

  describe('a clock with fractions of milliseconds', () => {
    it('fractions of milliseconds of the clock are rounded down in rows', async () => {
      now = START + 0.75;
      const token = await manager.createSession({ userId: 'ann' }, { expireTime: HOUR });
      now = START + 1.25;
      await manager.updateSession(token, { userId: 'ann', visits: 1 });
      const fresh = await manager.regenerateSession(token, { grace: HOUR });
      await manager.renewSession(fresh);
      const { createdAt, renewedAt, expiresAt } = await manager.inspectSession(token);
      expect([createdAt, renewedAt, expiresAt].map(Number)).toEqual([
        START,
        START + 1,
        START + 1 + HOUR,
      ]);
      const [row] = await rows();
      const times = [row!['created_at'], row!['renewed_at'], row!['expires_at']];
      expect(times.map(String)).toEqual([START, START + 1, START + 1 + HOUR].map(String));
      now = START + 1 + HOUR - 0.5;
      await expect(manager.retrieveSession(fresh)).resolves.toMatchObject({ visits: 1 });
      now = START + 1 + HOUR + 0.5;
      await expect(manager.retrieveSession(fresh)).rejects.toThrow('expired');
      await expect(manager.removeExpiredSessions()).resolves.toBe(1);
    });
  });
});
