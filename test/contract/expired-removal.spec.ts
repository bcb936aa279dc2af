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
    it('removes none where none has expired', async () => {
      await create(3);
      sessions.clock.advance(HOUR - 1);
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(rows()).resolves.toBe(3);
    });

    it('removes exactly those that have expired and says how many', async () => {
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

    it('leaves a session alone that was renewed', async () => {
      const [token] = await create(1);
      sessions.clock.advance(HOUR - 1);
      await sessions.manager.renewSession(token!);
      sessions.clock.advance(1);
      await expect(sessions.manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(sessions.manager.retrieveSession(token!)).resolves.toBe('data');
    });

    it('removes batch by batch and tells after each how many are gone', async () => {
      await create(7);
      sessions.clock.advance(HOUR);
      const progress: number[] = [];
      const onProgress = (removed: number) => progress.push(removed);
      const removed = await sessions.manager.removeExpiredSessions({ batchSize: 3, onProgress });
      expect(removed).toBe(7);
      expect(progress).toEqual([3, 6, 7]);
    });

    it('removes a batch of several statements to the last session', async () => {
      await create(600);
      sessions.clock.advance(HOUR);
      const progress: number[] = [];
      const onProgress = (removed: number) => progress.push(removed);
      await expect(sessions.manager.removeExpiredSessions({ onProgress })).resolves.toBe(600);
      expect(progress).toEqual([600]);
      await expect(rows()).resolves.toBe(0);
    });

    it('stops after the running batch where the signal is aborted', async () => {
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

    it('removes nothing where the signal is aborted before', async () => {
      await create(2);
      sessions.clock.advance(HOUR);
      const signal = AbortSignal.abort();
      const statements = await sessions.statementsOf(async () => {
        await expect(sessions.manager.removeExpiredSessions({ signal })).resolves.toBe(0);
      });
      expect(statements).toEqual([]);
    });

    it('counts each session once where two managers remove at once', async () => {
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

    it('runs beside traffic without disturbing it', async () => {
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
    ])('refuses %s with nothing removed', async (_name, options) => {
      await create(1);
      sessions.clock.advance(HOUR);
      await expect(sessions.manager.removeExpiredSessions(options as object)).rejects.toThrow(
        SessionsConfigurationError,
      );
      await expect(rows()).resolves.toBe(1);
    });
  });
});
