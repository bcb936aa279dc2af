import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionDataError,
  SessionNotFoundError,
  SessionsConfigurationError,
  type SessionSummary,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const MINUTE = 60_000;
const idOf = (token: string) => token.split('.')[0]!;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, { expireTime: 10 * MINUTE });
  });
  afterEach(() => sessions.close());

  const login = (userId: string | number, ip = '192.0.2.1') =>
    sessions.manager.createSession({ userId }, { client: { ip, userAgent: 'Firefox' } });

  describe('countSessions', () => {
    it('countSessions counts the live sessions of one user, or of everybody', async () => {
      await login('ann');
      sessions.clock.advance(5 * MINUTE);
      await Promise.all([login('ann'), login('bob'), sessions.manager.createSession('nobody')]);
      expect(await sessions.manager.countSessions('ann')).toBe(2);
      expect(await sessions.manager.countSessions()).toBe(4);
      sessions.clock.advance(5 * MINUTE);
      expect(await sessions.manager.countSessions('ann')).toBe(1);
      expect(await sessions.manager.countSessions()).toBe(3);
      expect(await sessions.manager.countSessions('eve')).toBe(0);
    });

    it('countSessions(undefined) fails, instead of counting the sessions of all users', async () => {
      await login('ann');
      await expect(sessions.manager.countSessions(undefined)).rejects.toThrow(SessionDataError);
    });
  });

  describe('listSessions', () => {
    it('listSessions returns the live sessions of the user with their clients, newest first', async () => {
      const first = await login('ann');
      sessions.clock.advance(1);
      const second = await login('ann', '192.0.2.2');
      await login('bob');
      expect(await sessions.manager.listSessions('ann')).toEqual([
        expect.objectContaining({
          id: idOf(second),
          client: { ip: '192.0.2.2', userAgent: 'Firefox' },
        }),
        expect.objectContaining({
          id: idOf(first),
          expiresAt: new Date(sessions.clock.now() + 10 * MINUTE - 1),
        }),
      ]);
    });

    it('listSessions shows no token, no hash and no data', async () => {
      await login('ann');
      const [summary] = await sessions.manager.listSessions('ann');
      expect(Object.keys(summary!).sort()).toEqual([
        'actor',
        'client',
        'createdAt',
        'device',
        'expiresAt',
        'id',
        'renewedAt',
      ]);
    });

    it('listSessions omits expired sessions', async () => {
      await login('ann');
      sessions.clock.advance(10 * MINUTE);
      expect(await sessions.manager.listSessions('ann')).toEqual([]);
    });

    it('listSessions returns 100 sessions at most, or as many as limit allows', async () => {
      await Promise.all(Array.from({ length: 103 }, () => login('ann')));
      expect(await sessions.manager.listSessions('ann')).toHaveLength(100);
      expect(await sessions.manager.listSessions('ann', { limit: 1 })).toHaveLength(1);
      expect(await sessions.manager.listSessions('ann', { limit: 1000 })).toHaveLength(103);
    });

    it('pages of listSessions have each session once, those of one moment too', async () => {
      for (let moment = 0; moment < 3; moment++) {
        await Promise.all(Array.from({ length: 5 }, () => login('ann')));
        await login('bob');
        sessions.clock.advance(1);
      }
      const all = await sessions.manager.listSessions('ann');
      const paged: SessionSummary[] = [];
      for (let page = all.slice(0, 0); ;) {
        page = await sessions.manager.listSessions('ann', { limit: 4, before: paged.at(-1) });
        if (page.length === 0) {
          break;
        }
        paged.push(...page);
      }
      expect(all).toHaveLength(15);
      expect(paged).toEqual(all);
    });

    it('listSessions sends few different statements, whatever limits clients choose', async () => {
      const sent = await sessions.statementsOf(async () => {
        for (let limit = 1; limit <= 1000; limit += 7) {
          await sessions.manager.listSessions('ann', { limit });
        }
      });
      expect(sent.length).toBeGreaterThan(100);
      expect(new Set(sent).size).toBeLessThanOrEqual(11);
    });

    it.each([
      [{ limit: 0 }],
      [{ limit: 1001 }],
      [{ limit: 2.5 }],
      [{ before: { createdAt: new Date(NaN), id: randomUUID() } }],
      [{ before: { createdAt: new Date(), id: 'x' } }],
      [{ offset: 10 }],
    ])('listSessions refuses the options %j', async (options) => {
      await expect(sessions.manager.listSessions('ann', options as never)).rejects.toThrow(
        SessionsConfigurationError,
      );
    });

    it('listSessions treats 7 and "7" as one user, and "a", "A" and "a " as three', async () => {
      await login(7);
      expect(await sessions.manager.listSessions('7')).toHaveLength(1);
      await Promise.all(['a', 'A', 'á', 'a '].map((user) => login(user)));
      for (const user of ['a', 'A', 'á', 'a ']) {
        expect(await sessions.manager.listSessions(user)).toHaveLength(1);
      }
    });

    it('listSessions uses the index of users', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, user) => login(user)));
      const [statement] = await sessions.statementsOf(() => sessions.manager.listSessions('7'));
      expect(statement).toMatch(/WHERE user_id = /);
      const plan = await explain(sessions, `user_id = '7'`);
      expect(plan).toContain(`${sessions.tableName}_by_user`);
    });
  });

  describe('removeSessionById', () => {
    it('removeSessionById ends the session with the public id', async () => {
      const token = await login('ann');
      expect(await sessions.manager.removeSessionById(idOf(token))).toBe(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      expect(await sessions.manager.removeSessionById(idOf(token))).toBe(0);
    });

    it('removeSessionById keeps the session of another user if a user is given', async () => {
      const token = await login('ann');
      const id = idOf(token);
      expect(await sessions.manager.removeSessionById(id, { userId: 'bob' })).toBe(0);
      await sessions.manager.retrieveSession(token);
      expect(await sessions.manager.removeSessionById(id, { userId: 'ann' })).toBe(1);
    });

    it('removeSessionById refuses an invalid user, so that no condition is dropped by mistake', async () => {
      const token = await login('ann');
      const nobody = { userId: undefined } as unknown as { userId: string };
      await expect(sessions.manager.removeSessionById(idOf(token), nobody)).rejects.toThrow(
        SessionDataError,
      );
      await sessions.manager.retrieveSession(token);
    });

    it.each([['no id'], [''], [7], [['x']], [undefined], ['%']])(
      'removeSessionById sends no statement for %p',
      async (id) => {
        await login('ann');
        const statements = await sessions.statementsOf(async () => {
          expect(await sessions.manager.removeSessionById(id as string)).toBe(0);
        });
        expect(statements).toEqual([]);
      },
    );
  });

  describe('removeUserSessions', () => {
    it('removeUserSessions ends all sessions of the user and of no other user', async () => {
      const ann = await Promise.all([login('ann'), login('ann'), login('ann')]);
      const bob = await login('bob');
      expect(await sessions.manager.removeUserSessions('ann')).toBe(3);
      for (const token of ann) {
        await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      }
      await sessions.manager.retrieveSession(bob);
    });

    it('removeUserSessions keeps the session that is excepted', async () => {
      const [kept] = await Promise.all([login('ann'), login('ann'), login('ann')]);
      expect(await sessions.manager.removeUserSessions('ann', { except: idOf(kept) })).toBe(2);
      await sessions.manager.retrieveSession(kept);
    });

    it('removeUserSessions refuses a token as the session to keep, and removes nothing', async () => {
      const token = await login('ann');
      const removal = sessions.manager.removeUserSessions('ann', { except: token });
      await expect(removal).rejects.toThrow(SessionsConfigurationError);
      await sessions.manager.retrieveSession(token);
    });

    it('removeUserSessions ends more than a thousand sessions', async () => {
      for (let batch = 0; batch < 11; batch++) {
        await Promise.all(Array.from({ length: 100 }, () => login('ann')));
      }
      expect(await sessions.manager.removeUserSessions('ann')).toBe(1100);
    });

    it.each([
      [undefined],
      [null],
      [''],
      [{}],
      [[]],
      [NaN],
      [1.5],
      [true],
      ['a\0b'],
      ['x'.repeat(256)],
    ])('removeUserSessions refuses %p as a user, and removes nothing', async (user) => {
      const token = await login('ann');
      await expect(sessions.manager.removeUserSessions(user as string)).rejects.toThrow(
        SessionDataError,
      );
      await sessions.manager.retrieveSession(token);
    });

    it('removeUserSessions takes 0 only for the user "0"', async () => {
      const ann = await login('ann');
      expect(await sessions.manager.removeUserSessions(0)).toBe(0);
      await sessions.manager.retrieveSession(ann);
    });
  });
});

/** Returns the plan of a SELECT with this condition, as for a large table. */
async function explain({ sequelize, select, tableName }: TestSessions, condition: string) {
  const dialect = sequelize.getDialect();
  if (dialect === 'postgres') {
    const [, plan] = (await sequelize.query(
      `SET LOCAL enable_seqscan = off; EXPLAIN SELECT * FROM ${tableName} WHERE ${condition}`,
    )) as unknown as [unknown, { rows: object[] }[] | object];
    return JSON.stringify(plan);
  }
  const how = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
  return JSON.stringify(await select(`${how} SELECT * FROM ${tableName} WHERE ${condition}`));
}
