import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { addLiveRows } from '../support/databases/many-rows.js';
import { allowRows, refuseRow } from '../support/databases/refused-rows.js';
import { rejectionOf } from '../support/promises/rejection.js';

/** More than one statement ends. */
const COUNT = 600;

const HOUR = 3_600_000;

describeDatabases((database) => {
  let sessions: TestSessions;
  let ended: string[];
  let failed: SessionEvent[];
  let last: string;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      expireTime: HOUR,
      cleanup: { interval: false, retention: 0 },
    });
    ended = [];
    failed = [];
    sessions.manager.events$.subscribe((event) => {
      if (event.type === 'failed') {
        failed.push(event);
      } else if ('id' in event) {
        ended.push(event.id);
      }
    });
    await addLiveRows(sessions, COUNT, sessions.clock.now());
    const [row] = await sessions.select(`SELECT MAX(id) AS id FROM ${sessions.tableName}`);
    last = row!['id'] as string;
  });
  afterEach(async () => {
    await allowRows(sessions);
    await sessions.close();
  });

  describe('a call that fails after it has ended sessions', () => {
    it.each([
      ['removeUserSessions', () => sessions.manager.removeUserSessions('ann')],
      ['eraseUser', () => sessions.manager.eraseUser('ann')],
      ['removeAllSessions', () => sessions.manager.removeAllSessions()],
      ['removeExpiredSessions', () => sessions.manager.removeExpiredSessions()],
    ])('%s emits the events of these, and the error says unknown', async (name, call) => {
      if (name === 'removeExpiredSessions') {
        sessions.clock.advance(2 * HOUR);
      }
      await refuseRow(sessions, 'DELETE', last);
      expect(await rejectionOf(call())).toMatchObject({
        code: 'ERR_SESSION_STORE',
        reason: 'unknown',
        message: expect.stringContaining('was applied to some sessions'),
      });
      expect(failed).toMatchObject([{ reason: 'unknown' }]);
      const [row] = await sessions.select(
        `SELECT COUNT(*) AS left_over FROM ${sessions.tableName}`,
      );
      expect(ended).toHaveLength(COUNT - Number(row!['left_over']));
      expect(ended.length).toBeGreaterThan(0);
      await allowRows(sessions);
      await call();
      expect(new Set(ended).size).toBe(COUNT);
      expect(ended).toHaveLength(COUNT);
    });

    it('the reason is unknown if an earlier batch has ended sessions', async () => {
      await refuseRow(sessions, 'DELETE', last);
      const ending = sessions.manager.removeAllSessions({ batchSize: COUNT - 1 });
      expect(await rejectionOf(ending)).toMatchObject({ reason: 'unknown' });
      expect(ended).toHaveLength(COUNT - 1);
    });

    it('the reason is rejected if it has ended none', async () => {
      await refuseRow(sessions, 'DELETE', last);
      const ending = sessions.manager.removeSessionById(last);
      expect(await rejectionOf(ending)).toMatchObject({ reason: 'rejected' });
      expect(ended).toEqual([]);
    });
  });
});
