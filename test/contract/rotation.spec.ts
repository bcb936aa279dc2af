import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionConflictError,
  SessionExpiredError,
  SessionNotFoundError,
  SessionsConfigurationError,
  type SessionEvent,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { TestClock } from '../support/sessions/test-clock.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describeDatabases((database) => {
  let sessions: TestSessions;
  let old: string;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      expireTime: 10 * MINUTE,
      renewTimestamp: 5 * MINUTE,
    });
    old = await sessions.manager.createSession({ userId: 'ann', visits: 1 });
  });
  afterEach(() => sessions.close());

  describe('regenerateSession', () => {
    it('regenerateSession gives the session a new token in one statement', async () => {
      const before = await sessions.manager.inspectSession(old);
      sessions.clock.advance(1000);
      let token = '';
      const statements = await sessions.statementsOf(async () => {
        token = await sessions.manager.regenerateSession(old);
      });
      expect(statements).toEqual([expect.stringMatching(/^UPDATE /)]);
      expect(token).not.toBe(old);
      expect(await sessions.manager.inspectSession(token)).toMatchObject({
        id: before.id,
        createdAt: before.createdAt,
        data: { userId: 'ann', visits: 1 },
        version: before.version + 1,
      });
    });

    it('the old token is invalid for every method immediately after a rotation', async () => {
      await sessions.manager.regenerateSession(old);
      const { manager } = sessions;
      await expect(manager.retrieveSession(old)).rejects.toThrow(SessionNotFoundError);
      await expect(manager.updateSession(old, {})).rejects.toThrow(SessionNotFoundError);
      await expect(manager.updateSession(old, () => {})).rejects.toThrow(SessionNotFoundError);
      await expect(manager.renewSession(old)).rejects.toThrow(SessionNotFoundError);
      await expect(manager.regenerateSession(old)).rejects.toThrow(SessionNotFoundError);
    });

    it('the old token is also invalid at once for a process whose clock is behind', async () => {
      const behind = await sessions.another({
        clock: new TestClock(sessions.clock.now() - MINUTE),
      });
      await sessions.manager.regenerateSession(old);
      await expect(behind.retrieveSession(old)).rejects.toThrow(SessionNotFoundError);
    });

    it('regenerateSession changes the data in the same statement', async () => {
      const token = await sessions.manager.regenerateSession(old, {
        change: (data) => {
          data.role = 'admin';
        },
      });
      expect(await sessions.manager.retrieveSession(token)).toEqual({
        userId: 'ann',
        visits: 1,
        role: 'admin',
      });
    });

    it('token and data stay unchanged if the change throws', async () => {
      const change = () => {
        throw new RangeError('no');
      };
      await expect(sessions.manager.regenerateSession(old, { change })).rejects.toThrow(RangeError);
      expect(await sessions.manager.retrieveSession(old)).toEqual({ userId: 'ann', visits: 1 });
    });

    it.each([
      ['another user', { userId: 'bob' }],
      ['nobody', { userId: null }],
    ])(
      'an update that gives the session to %s ends the grace of the old token',
      async (_name, data) => {
        const { manager } = sessions;
        for (const update of [data, () => data]) {
          const first = await manager.createSession({ userId: 'ann' });
          const token = await manager.regenerateSession(first, { grace: MINUTE });
          await manager.updateSession(token, update);
          await expect(manager.retrieveSession(first)).rejects.toThrow(SessionNotFoundError);
          await expect(manager.retrieveSession(token)).resolves.toEqual(data);
        }
      },
    );

    it.each([
      ['the same user', { userId: 'ann' }, { userId: 'ann', visits: 2 }],
      ['nobody still', { userId: null }, { userId: null, visits: 2 }],
      ['the user it has', { userId: 'ann' }, { visits: 2 }],
    ])('an update that names %s keeps the grace of the old token', async (_name, data, changed) => {
      const { manager } = sessions;
      const first = await manager.createSession(data);
      const token = await manager.regenerateSession(first, { grace: MINUTE });
      await manager.updateSession(token, changed);
      await expect(manager.retrieveSession(first)).resolves.toEqual(changed);
    });

    it('the old token can read, and never write, until the last millisecond of its grace', async () => {
      const { manager, clock } = sessions;
      const token = await manager.regenerateSession(old, { grace: MINUTE });
      clock.advance(MINUTE - 1);
      expect(await manager.retrieveSession(old)).toEqual({ userId: 'ann', visits: 1 });
      await expect(manager.updateSession(old, {})).rejects.toThrow(SessionConflictError);
      await expect(manager.updateSession(old, () => {})).rejects.toThrow(SessionConflictError);
      await expect(manager.renewSession(old)).rejects.toThrow('Try again with the new token');
      await expect(manager.regenerateSession(old)).rejects.toThrow(SessionConflictError);
      clock.advance(1);
      await expect(manager.retrieveSession(old)).rejects.toThrow(SessionNotFoundError);
      expect(await manager.retrieveSession(token)).toEqual({ userId: 'ann', visits: 1 });
    });

    it('the old token in its grace reads what the new token writes', async () => {
      const token = await sessions.manager.regenerateSession(old, { grace: MINUTE });
      await sessions.manager.updateSession(token, { userId: 'ann', visits: 2 });
      expect(await sessions.manager.retrieveSession(old)).toEqual({ userId: 'ann', visits: 2 });
    });

    it('an update to another user is refused while the old token can read', async () => {
      const change = () => ({ userId: 'bob' });
      await expect(
        sessions.manager.regenerateSession(old, { change, grace: MINUTE }),
      ).rejects.toThrow(SessionsConfigurationError);
      const token = await sessions.manager.regenerateSession(old, { change });
      expect((await sessions.manager.inspectSession(token)).userId).toBe('bob');
    });

    it('regenerateSession renews a live session and revives no expired one', async () => {
      const { manager, clock } = sessions;
      clock.advance(9 * MINUTE);
      const token = await manager.regenerateSession(old);
      clock.advance(5 * MINUTE - 1);
      await manager.retrieveSession(token);
      clock.advance(1);
      await expect(manager.regenerateSession(token)).rejects.toThrow(SessionExpiredError);
      await manager.removeSession(token);
      await expect(manager.regenerateSession(token)).rejects.toThrow(SessionNotFoundError);
      expect(await manager.removeExpiredSessions()).toBe(0);
    });

    it('of two parallel rotations exactly one gets the new token', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => sessions.manager.regenerateSession(old)),
      );
      const won = results.filter((result) => result.status === 'fulfilled');
      expect(won).toHaveLength(1);
    });
  });

  describe('a logout with a token that was just rotated out', () => {
    it.each([
      ['without grace', 0],
      ['in its grace', MINUTE],
    ])(
      'a logout ends the session with the token that was just rotated out, %s',
      async (_, grace) => {
        const token = await sessions.manager.regenerateSession(old, { grace });
        await sessions.manager.removeSession(old);
        await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
        await expect(sessions.manager.retrieveSession(old)).rejects.toThrow(SessionNotFoundError);
      },
    );

    it.each([
      ['a minute', 'without grace', 0, MINUTE],
      ['a minute', 'with a shorter grace', 1000, MINUTE],
      ['its grace', 'with a longer one', 3 * MINUTE, 3 * MINUTE],
    ])(
      'a rotated out token ends the session within %s of the rotation, %s',
      async (_, __, grace, limit) => {
        const { manager, clock } = sessions;
        const token = await manager.regenerateSession(old, { grace });
        clock.advance(limit - 1);
        await manager.removeSession(old);
        await expect(manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      },
    );

    it.each([
      ['a minute', 'without grace', 0, MINUTE],
      ['a minute', 'with a shorter grace', 1000, MINUTE],
      ['its grace', 'with a longer one', 3 * MINUTE, 3 * MINUTE],
      ['20 days', 'without grace', 0, 20 * DAY],
    ])(
      'a rotated out token keeps the session alive %s after the rotation, %s',
      async (_, __, grace, limit) => {
        const { manager, clock } = sessions;
        const token = await manager.createSession('data', { expireTime: 30 * DAY });
        const next = await manager.regenerateSession(token, { grace });
        clock.advance(limit);
        const events: SessionEvent[] = [];
        const subscription = manager.events$.subscribe((event) => void events.push(event));
        await expect(manager.removeSession(token)).resolves.toBe(true);
        subscription.unsubscribe();
        expect(events).toEqual([]);
        await expect(manager.retrieveSession(next)).resolves.toBe('data');
      },
    );

    it('each rotation starts the minute anew, only for the last replaced token', async () => {
      const { manager, clock } = sessions;
      const second = await manager.regenerateSession(old);
      clock.advance(MINUTE);
      const third = await manager.regenerateSession(second);
      clock.advance(MINUTE - 1);
      await manager.removeSession(old);
      await manager.retrieveSession(third);
      await manager.removeSession(second);
      await expect(manager.retrieveSession(third)).rejects.toThrow(SessionNotFoundError);
    });

    it('a rotated out token ends nothing if an older version wrote no rotation time', async () => {
      const { manager, sequelize, tableName } = sessions;
      const token = await manager.regenerateSession(old);
      await sequelize.query(`UPDATE ${tableName} SET rotated_at = NULL`);
      await manager.removeSession(old);
      await expect(manager.retrieveSession(token)).resolves.toMatchObject({ userId: 'ann' });
    });
  });
});
