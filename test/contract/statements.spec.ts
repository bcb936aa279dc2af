import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const HOUR = 60 * 60 * 1000;

describeDatabases((database) => {
  let sessions: TestSessions;
  let token: string;

  beforeAll(async () => {
    sessions = await openSessions(database, { expireTime: HOUR });
  });
  beforeEach(async () => {
    token = await sessions.manager.createSession({ userId: 'ada' });
    sessions.clock.advance(1);
  });
  afterAll(() => sessions.close());

  const verbsOf = async (work: () => Promise<unknown>) => {
    const statements = await sessions.statementsOf(work);
    return statements.map((sql) => /\b(SELECT|INSERT|UPDATE|DELETE)\b/.exec(sql)?.[0] ?? sql);
  };

  describe('statements sent', () => {
    it('createSession sends one INSERT', async () => {
      const work = () => sessions.manager.createSession({ userId: 'ada' });
      await expect(verbsOf(work)).resolves.toEqual(['INSERT']);
    });

    it('retrieveSession sends one SELECT', async () => {
      const work = () => sessions.manager.retrieveSession(token);
      await expect(verbsOf(work)).resolves.toEqual(['SELECT']);
    });

    it('inspectSession sends one SELECT', async () => {
      const work = () => sessions.manager.inspectSession(token);
      await expect(verbsOf(work)).resolves.toEqual(['SELECT']);
    });

    it('retrieveSession sends one SELECT for a session that is gone or expired', async () => {
      const gone = await sessions.manager.createSession();
      await sessions.manager.removeSession(gone);
      const expired = await sessions.manager.createSession(null, { expireTime: 1 });
      sessions.clock.advance(1);
      for (const dead of [gone, expired]) {
        const work = () => sessions.manager.retrieveSession(dead).catch(() => undefined);
        await expect(verbsOf(work)).resolves.toEqual(['SELECT']);
      }
    });

    it('updateSession with data sends one UPDATE', async () => {
      const work = () => sessions.manager.updateSession(token, 'new');
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE']);
    });

    it('updateSession sends one UPDATE with the same data at the same time', async () => {
      const same = await sessions.manager.createSession('same');
      const work = () => sessions.manager.updateSession(same, 'same');
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE']);
    });

    it('updateSession with sameUser sends one UPDATE', async () => {
      const work = () =>
        sessions.manager.updateSession(token, { userId: 'ada' }, { sameUser: true });
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE']);
    });

    it('updateSession by change sends one SELECT and one UPDATE', async () => {
      const work = () => sessions.manager.updateSession(token, () => 'new');
      await expect(verbsOf(work)).resolves.toEqual(['SELECT', 'UPDATE']);
    });

    it('renewSession sends one UPDATE', async () => {
      const work = () => sessions.manager.renewSession(token);
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE']);
    });

    it('renewSession sends one UPDATE if it extends the session', async () => {
      sessions.clock.advance(HOUR - 2);
      const work = () => sessions.manager.renewSession(token);
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE']);
    });

    it('removeSession sends one UPDATE, and one SELECT if there is no session to end', async () => {
      const work = () => sessions.manager.removeSession(token);
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE']);
      await expect(verbsOf(work)).resolves.toEqual(['UPDATE', 'SELECT']);
    });

    it('removeExpiredSessions sends one DELETE a batch, and none if no session has expired', async () => {
      await sessions.manager.removeExpiredSessions();
      await sessions.manager.createSession(null, { expireTime: 1 });
      await sessions.manager.createSession(null, { expireTime: 1 });
      sessions.clock.advance(1);
      const work = () => sessions.manager.removeExpiredSessions({ batchSize: 1 });
      const verbs = await verbsOf(work);
      expect(verbs.filter((verb) => verb === 'DELETE')).toHaveLength(2);
      expect(new Set(await verbsOf(work))).toEqual(new Set(['SELECT']));
    });

    it('statements contain no values, only parameters', async () => {
      const limited = await openSessions(database, { maxSessionsPerUser: 1 });
      const { manager, clock, tableName } = limited;
      const statements = await limited.statementsOf(async () => {
        const userId = "eve's";
        await manager.createSession({ userId });
        const old = await manager.createSession({ userId, basket: 'milk' });
        const own = await manager.regenerateSession(old, { grace: 1000 });
        const [id] = own.split('.') as [string];
        await manager.updateSession(own, (data) => ({ ...data, basket: 'bread' }));
        await manager.renewSession(own);
        await manager.listSessions(userId);
        await manager.removeUserSessions(userId, { except: id });
        await manager.removeUserSessions(userId);
        await manager.removeSessionById(id, { userId });
        await manager.removeSession(own);
        await manager.createSession({ userId }, { expireTime: 1000 });
        clock.advance(1000);
        await manager.removeExpiredSessions();
      });
      await limited.close();
      expect(statements.length).toBeGreaterThan(12);
      const sql = statements.join('\n').replaceAll(tableName, '');
      // The key of the lock is a hash of the table and the user.
      const constants =
        /x?'(|text|\$|\$\[\*\]|\d+ms|\*\[\^0-9a-f-]\*)'|<= 8388608 |pg_advisory_xact_lock\(-?\d+\)/g;
      expect(sql.replaceAll(constants, '')).not.toMatch(/eve|milk|bread|'|\d{6}/);
    });
  });
});
