import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

const GRACE = 10_000;

describeDatabases((database) => {
  let sessions: TestSessions;
  let failed: SessionEvent[];

  beforeEach(async () => {
    sessions = await openSessions(database, {
      maxDataBytes: 100,
      maxSessionsPerUser: 1,
      onSessionLimit: 'reject',
      rolling: true,
    });
    failed = [];
    sessions.manager.events$.subscribe((event) => {
      if (event.type === 'failed') {
        failed.push(event);
      }
    });
  });
  afterEach(() => sessions.close());

  describe('a call that failed', () => {
    it('emits the code and the reason of an error of the database, once for each call', async () => {
      const { manager, sequelize, tableName } = sessions;
      const token = await manager.createSession({ userId: 'ann' });
      await sequelize.query(`ALTER TABLE ${tableName} RENAME TO ${tableName}_gone`);
      const calls = [
        manager.retrieveSession(token),
        manager.inspectSession(token),
        manager.updateSession(token, { userId: 'ann' }),
        manager.updateSession(token, (data) => data),
        manager.renewSession(token),
        manager.regenerateSession(token),
        manager.removeSession(token),
        manager.createSession({ userId: 'bob' }),
        manager.listSessions('ann'),
        manager.countSessions(),
        manager.removeUserSessions('ann'),
        manager.removeSessionById(token.split('.')[0]!),
        manager.removeExpiredSessions(),
        manager.ping(),
      ];
      const results = await Promise.allSettled(calls);
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
      const at = new Date(sessions.clock.now());
      const event = { type: 'failed', code: 'ERR_SESSION_STORE', reason: 'rejected', at };
      expect(failed).toEqual(calls.map(() => event));
      await sequelize.query(`ALTER TABLE ${tableName}_gone RENAME TO ${tableName}`);
    });

    it('emits the code of a conflict, a limit and data that is too large or damaged', async () => {
      const { manager, sequelize, tableName } = sessions;
      const token = await manager.createSession({ userId: 'ann' });
      const latest = await manager.regenerateSession(token, { grace: GRACE });
      await rejectionOf(manager.updateSession(token, { userId: 'ann', n: 1 }));
      await rejectionOf(manager.renewSession(token));
      await rejectionOf(manager.createSession({ userId: 'ann' }));
      await rejectionOf(manager.updateSession(latest, { text: 'x'.repeat(200) }));
      await sequelize.query(`UPDATE ${tableName} SET data = '{'`);
      await rejectionOf(manager.retrieveSession(latest));
      await rejectionOf(manager.inspectSession(latest));
      await rejectionOf(manager.updateSession(latest, (data) => data));
      const at = new Date(sessions.clock.now());
      expect(failed).toEqual(
        ['CONFLICT', 'CONFLICT', 'LIMIT', 'DATA_TOO_LARGE', 'DATA', 'DATA', 'DATA'].map((code) => ({
          type: 'failed',
          code: `ERR_SESSION_${code}`,
          at,
        })),
      );
    });

    it('emits nothing if there was no live session, or an option was wrong', async () => {
      const { manager, clock } = sessions;
      const token = await manager.createSession({ userId: 'ann' }, { expireTime: 1000 });
      await rejectionOf(manager.updateSession(token, {}, { expireTime: -1 }));
      clock.advance(1000);
      await rejectionOf(manager.retrieveSession(token));
      await rejectionOf(manager.updateSession(token, {}));
      await manager.removeSession(token);
      await rejectionOf(manager.renewSession(token));
      await rejectionOf(manager.retrieveSession('malformed'));
      expect(failed).toEqual([]);
    });
  });
});
