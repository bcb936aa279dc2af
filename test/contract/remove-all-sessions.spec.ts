import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  SessionNotFoundError,
  SessionsConfigurationError,
  type SessionEvent,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

describeDatabases((database) => {
  let sessions: TestSessions;
  let tokens: string[];

  beforeEach(async () => {
    sessions = await openSessions(database);
    const data = [{ userId: 'ann' }, { userId: 'ann' }, { userId: 'bob' }, 'nobody', 'nobody'];
    tokens = await Promise.all(data.map((each) => sessions.manager.createSession(each)));
    sessions.clock.advance(1);
  });
  afterEach(() => sessions.close());

  it('removeAllSessions ends the sessions of all users and reports its progress', async () => {
    const events: SessionEvent[] = [];
    sessions.manager.events$.subscribe((event) => void events.push(event));
    const progress: number[] = [];
    const onProgress = (count: number) => progress.push(count);
    await expect(sessions.manager.removeAllSessions({ batchSize: 2, onProgress })).resolves.toBe(5);
    expect(progress).toEqual([2, 4, 5]);
    for (const token of tokens) {
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    }
    expect(events).toHaveLength(5);
    for (const token of tokens) {
      const removed = { type: 'removed', reason: 'all', id: token.split('.')[0] };
      expect(events).toContainEqual(expect.objectContaining(removed));
    }
  });

  it('removeAllSessions leaves sessions that were created after its start', async () => {
    let late: string | undefined;
    const onProgress = async () => {
      sessions.clock.advance(1);
      late ??= await sessions.manager.createSession({ userId: 'ann' });
    };
    await expect(sessions.manager.removeAllSessions({ batchSize: 2, onProgress })).resolves.toBe(5);
    await expect(sessions.manager.retrieveSession(late!)).resolves.toEqual({ userId: 'ann' });
    await expect(sessions.manager.countSessions()).resolves.toBe(1);
  });

  it('removeAllSessions stops after the current batch if its signal says so', async () => {
    const stopping = new AbortController();
    const onProgress = () => stopping.abort();
    const { signal } = stopping;
    await expect(
      sessions.manager.removeAllSessions({ batchSize: 2, onProgress, signal }),
    ).resolves.toBe(2);
    await expect(sessions.manager.countSessions()).resolves.toBe(3);
  });

  if (database.storagePath) {
    it.each([
      ['too long', "printf('0%05000d', 0)"],
      ['invalid UTF-8', "CAST(x'30ff' AS TEXT)"],
      ['binary', "x'30'"],
    ])('an id that is %s stops neither removeAllSessions nor a sweep', async (_, id) => {
      const { manager, sequelize, tableName, clock } = sessions;
      await sequelize.query(
        `INSERT INTO ${tableName} (id, secret_hash, data, version, created_at, renewed_at, expires_at, sweep_after, end_reason) ` +
          `VALUES (${id}, '', '', 1, 1, 1, 1, 1, '')`,
      );
      await manager.createSession('expired', { expireTime: 1000 });
      clock.advance(2000);
      await expect(manager.removeExpiredSessions({ batchSize: 1 })).resolves.toBe(1);
      await expect(manager.removeAllSessions({ batchSize: 1 })).resolves.toBe(5);
      await expect(manager.countSessions()).resolves.toBe(0);
    });
  }

  it('removeAllSessions refuses unknown and wrong options', async () => {
    for (const options of [{ batchSize: 0 }, { userId: 'ann' }, { signal: {} }]) {
      await expect(sessions.manager.removeAllSessions(options as never)).rejects.toThrow(
        SessionsConfigurationError,
      );
    }
    await expect(sessions.manager.countSessions()).resolves.toBe(5);
  });
});
