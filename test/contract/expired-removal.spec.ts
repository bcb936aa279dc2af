import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionNotFoundError, SessionsConfigurationError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const HOUR = 60 * 60 * 1000;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, { expireTime: HOUR });
  });
  afterEach(() => sessions.close());

  const create = (count: number) =>
    Promise.all(Array.from({ length: count }, () => sessions.manager.createSession('data')));

  const rows = async () => {
    const [row] = await sessions.select(`SELECT COUNT(*) AS count FROM ${sessions.tableName}`);
    return Number(row!['count']);
  };

  describe('removeExpiredSessions', () => {
    it('removeExpiredSessions returns 0 if no session has expired', async () => {
      await create(3);
      sessions.clock.advance(HOUR - 1);
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(rows()).resolves.toBe(3);
    });

    it('removeExpiredSessions removes exactly the expired sessions and returns their number', async () => {
      const expired = await create(7);
      sessions.clock.advance(1);
      const live = await create(3);
      sessions.clock.advance(HOUR - 1);
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(7);
      for (const token of expired) {
        await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      }
      for (const token of live) {
        await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      }
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(0);
    });

    it('removeExpiredSessions keeps a session that was renewed', async () => {
      const [token] = await create(1);
      sessions.clock.advance(HOUR - 1);
      await sessions.manager.renewSession(token!);
      sessions.clock.advance(1);
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(sessions.manager.retrieveSession(token!)).resolves.toBe('data');
    });

    it('removeExpiredSessions works in batches and reports the total after each', async () => {
      await create(7);
      sessions.clock.advance(HOUR);
      const progress: number[] = [];
      const onProgress = (removed: number) => progress.push(removed);
      const removed = await sessions.manager.removeExpiredSessions({ batchSize: 3, onProgress });
      expect(removed).toBe(7);
      expect(progress).toEqual([3, 6, 7]);
    });

    it('removeExpiredSessions removes every session of a batch that takes several statements', async () => {
      await create(600);
      sessions.clock.advance(HOUR);
      const progress: number[] = [];
      const onProgress = (removed: number) => progress.push(removed);
      await expect(sessions.manager.removeExpiredSessions({ onProgress })).resolves.toBe(600);
      expect(progress).toEqual([600]);
      await expect(rows()).resolves.toBe(0);
    });

    it('removeExpiredSessions stops after the current batch if the signal is aborted', async () => {
      await create(7);
      sessions.clock.advance(HOUR);
      const abort = new AbortController();
      const removed = await sessions.manager.removeExpiredSessions({
        batchSize: 3,
        signal: abort.signal,
        onProgress: () => abort.abort(),
      });
      expect(removed).toBe(3);
      await expect(rows()).resolves.toBe(4);
    });

    it('removeExpiredSessions removes nothing if the signal is already aborted', async () => {
      await create(2);
      sessions.clock.advance(HOUR);
      const signal = AbortSignal.abort();
      const statements = await sessions.statementsOf(async () => {
        await expect(sessions.manager.removeExpiredSessions({ signal })).resolves.toBe(0);
      });
      expect(statements).toEqual([]);
    });

    it('two parallel calls of removeExpiredSessions count each session once', async () => {
      await create(40);
      sessions.clock.advance(HOUR);
      const other = await sessions.another();
      const counts = await Promise.all([
        sessions.manager.removeExpiredSessions({ batchSize: 5 }),
        other.removeExpiredSessions({ batchSize: 7 }),
      ]);
      expect(counts[0]! + counts[1]!).toBe(40);
      await expect(rows()).resolves.toBe(0);
    });

    it('removeExpiredSessions does not disturb other calls that run at the same time', async () => {
      await create(60);
      sessions.clock.advance(HOUR);
      const [removed, tokens] = await Promise.all([
        sessions.manager.removeExpiredSessions({ batchSize: 4 }),
        create(60),
      ]);
      expect(removed).toBe(60);
      for (const token of tokens) {
        await sessions.manager.renewSession(token);
      }
      await expect(rows()).resolves.toBe(60);
    });

    it.each([
      ['a batchSize of 0', { batchSize: 0 }],
      ['a batchSize over 1000', { batchSize: 1001 }],
      ['a batchSize that is NaN', { batchSize: NaN }],
      ['a batchSize that is a fraction', { batchSize: 1.5 }],
      ['a batchSize that is a string', { batchSize: '10' }],
      ['a misspelt name', { batchsize: 10 }],
      ['an onProgress that is no function', { onProgress: 'log' }],
      ['a signal that is none', { signal: true }],
      ['null', null],
    ])('removeExpiredSessions refuses %s and removes nothing', async (_name, options) => {
      await create(1);
      sessions.clock.advance(HOUR);
      await expect(sessions.manager.removeExpiredSessions(options as object)).rejects.toThrow(
        SessionsConfigurationError,
      );
      await expect(rows()).resolves.toBe(1);
    });
  });
});
