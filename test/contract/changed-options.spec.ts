import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionDataTooLargeError,
  SessionExpiredError,
  SessionLimitError,
  SessionNotFoundError,
  type SessionManager,
} from 'nestjs-server-sessions';
import { filter, firstValueFrom } from 'rxjs';
import {
  DATABASES,
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { importSession } from '../support/sessions/legacy-sessions.js';

const HOUR = 60 * 60_000;
const LARGE = 'x'.repeat(1000);

interface Data {
  userId: string;
  text?: string;
}

/** What docs/deploying.md says of options that change between two deploys: `older` has the defaults. */
describeDatabases((database) => {
  let sessions: TestSessions<Data>;
  let older: SessionManager<Data>;

  beforeEach(async () => {
    sessions = await openSessions<Data>(database, { expireTime: HOUR, cleanup: false });
    older = sessions.manager;
  });
  afterEach(() => sessions.close());

  const logIn = (manager: SessionManager<Data>) => {
    sessions.clock.advance(1);
    return manager.createSession({ userId: 'ann' });
  };

  describe('expireTime and rolling', () => {
    it('a session keeps the expireTime that it was created with, on old and new replicas', async () => {
      const newer = await sessions.another({ expireTime: 2 * HOUR });
      const lifeLeft = async (token: string) =>
        (await newer.inspectSession(token)).expiresAt.getTime() - sessions.clock.now();
      const [first, second] = [await logIn(older), await logIn(newer)];
      expect(await lifeLeft(first)).toBe(HOUR - 1);
      expect(await lifeLeft(second)).toBe(2 * HOUR);
    });

    it('a session lives again until its expiry if rolling is turned off', async () => {
      const newer = await sessions.another({ rolling: true, renewTimestamp: HOUR / 4 });
      const token = await logIn(older);
      sessions.clock.advance(HOUR / 4);
      await expect(newer.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
      await expect(older.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      sessions.clock.advance((3 * HOUR) / 4);
      await expect(older.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });
  });

  describe('a lower maxDataBytes', () => {
    it('a session above a lower maxDataBytes can be read, renewed and rotated, and be made smaller', async () => {
      const newer = await sessions.another({ maxDataBytes: 100 });
      const token = await newer.regenerateSession(
        await older.createSession({ userId: 'ann', text: LARGE }),
      );
      await newer.renewSession(token);
      await expect(newer.retrieveSession(token)).resolves.toMatchObject({ text: LARGE });
      const touch = newer.updateSession(token, (data) => void (data.userId = 'bob'));
      await expect(touch).rejects.toThrow(SessionDataTooLargeError);
      await newer.updateSession(token, (data) => void delete data.text);
      await expect(older.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
    });
  });

  describe('maxSessionsPerUser', () => {
    it('maxSessionsPerUser ends no session until the next login, which ends the oldest', async () => {
      const tokens = [await logIn(older), await logIn(older), await logIn(older)];
      const newer = await sessions.another({ maxSessionsPerUser: 2 });
      await expect(newer.countSessions('ann')).resolves.toBe(3);
      await logIn(newer);
      await expect(newer.countSessions('ann')).resolves.toBe(2);
      await newer.retrieveSession(tokens[2]!);
    });

    it('maxSessionsPerUser with reject refuses logins, and ends no session', async () => {
      await logIn(older);
      await logIn(older);
      const newer = await sessions.another({ maxSessionsPerUser: 2, onSessionLimit: 'reject' });
      await expect(logIn(newer)).rejects.toThrow(SessionLimitError);
      await expect(newer.countSessions('ann')).resolves.toBe(2);
    });

    it('maxSessionsPerUser holds for the logins of the replicas that have it', async () => {
      const newer = await sessions.another({ maxSessionsPerUser: 1 });
      await logIn(newer);
      await logIn(older);
      await expect(newer.countSessions('ann')).resolves.toBe(2);
      await logIn(newer);
      await expect(newer.countSessions('ann')).resolves.toBe(1);
    });
  });

  describe('a shorter retention of the cleanup', () => {
    it('a shorter retention removes expired sessions sooner, and no live one', async () => {
      const expired = await logIn(older);
      sessions.clock.advance(HOUR);
      const token = await logIn(older);
      await expect(older.retrieveSession(expired)).rejects.toThrow(SessionExpiredError);
      const newer = await sessions.another({ cleanup: { interval: 1, retention: 0 } });
      await firstValueFrom(newer.events$.pipe(filter(({ type }) => type === 'expired')));
      await expect(older.retrieveSession(expired)).rejects.toThrow(SessionNotFoundError);
      await older.retrieveSession(token);
      await newer.close();
    });
  });

  describe('acceptLegacyTokens', () => {
    it('without acceptLegacyTokens a legacy token is not found, and its session lives on', async () => {
      const accepting = await sessions.another({ acceptLegacyTokens: true });
      const { token } = await importSession({ ...sessions, manager: older }, { userId: 'ann' });
      await expect(older.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      const newToken = await accepting.regenerateSession(token);
      await expect(older.retrieveSession(newToken)).resolves.toEqual({ userId: 'ann' });
    });
  });
});

// A database in memory has one connection, which has one table.
const SHARED = DATABASES.filter(({ name }) => name !== 'SQLite :memory:');

describeDatabases((database) => {
  describe('another tableName', () => {
    it('another tableName has none of the sessions, and a rollback has them all again', async () => {
      const older = await openSessions<Data>(database);
      const newer = await openSessions<Data>(database);
      const token = await older.manager.createSession({ userId: 'ann' });
      await expect(newer.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
      // A logout there ends nothing.
      await newer.manager.removeSession(token);
      await expect(older.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      const newToken = await newer.manager.createSession({ userId: 'bob' });
      await expect(older.manager.retrieveSession(newToken)).rejects.toThrow(SessionNotFoundError);
      await newer.close();
      await older.close();
    });
  });
}, SHARED);
