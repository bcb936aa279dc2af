import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  SessionExpiredError,
  SessionNotFoundError,
  SessionsConfigurationError,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The ways to renew a session. */
const RENEWALS: [string, (sessions: TestSessions, token: string) => Promise<unknown>][] = [
  ['renewSession', ({ manager }, token) => manager.renewSession(token)],
  ['updateSession with data', ({ manager }, token) => manager.updateSession(token, 'data')],
  ['updateSession by change', ({ manager }, token) => manager.updateSession(token, (data) => data)],
];

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database, {
      expireTime: HOUR,
      renewTimestamp: 10 * MINUTE,
      absoluteTimeout: 2 * HOUR,
    });
  });
  afterAll(() => sessions.close());

  const minutesLeft = async (token: string) => {
    const { expiresAt } = await sessions.manager.inspectSession(token);
    return (expiresAt.getTime() - sessions.clock.now()) / MINUTE;
  };

  describe.each(RENEWALS)('a renewal by %s', (_name, renew) => {
    it('a renewal never shortens a session', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(20 * MINUTE);
      await renew(sessions, token);
      await expect(minutesLeft(token)).resolves.toBe(40);
    });

    it('a renewal guarantees renewTimestamp from now', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(HOUR - 1);
      await renew(sessions, token);
      await expect(minutesLeft(token)).resolves.toBe(10);
      sessions.clock.advance(10 * MINUTE - 1);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it('a renewal never extends a session beyond its absoluteTimeout', async () => {
      const token = await sessions.manager.createSession('data', { expireTime: 2 * HOUR - MINUTE });
      sessions.clock.advance(2 * HOUR - MINUTE - 1);
      await renew(sessions, token);
      sessions.clock.advance(MINUTE);
      await renew(sessions, token);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      await expect(renew(sessions, token)).rejects.toThrow(SessionExpiredError);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it('a renewal records its time', async () => {
      const token = await sessions.manager.createSession('data');
      const created = sessions.clock.now();
      sessions.clock.advance(1);
      await renew(sessions, token);
      const { createdAt, renewedAt } = await sessions.manager.inspectSession(token);
      expect(createdAt.getTime()).toBe(created);
      expect(renewedAt.getTime()).toBe(created + 1);
    });
  });

  describe('renewSession', () => {
    it('renewSession returns true, also if nothing changes', async () => {
      const token = await sessions.manager.createSession('data');
      await expect(sessions.manager.renewSession(token)).resolves.toBe(true);
      await expect(sessions.manager.renewSession(token)).resolves.toBe(true);
    });

    it('renewSession keeps data, owner and version', async () => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      sessions.clock.advance(1);
      await sessions.manager.renewSession(token);
      const { data, userId, version } = await sessions.manager.inspectSession(token);
      expect({ data, userId, version }).toEqual({
        data: { userId: 'ada' },
        userId: 'ada',
        version: 1,
      });
    });

    it('renewSession does not interfere with a change that runs at the same time', async () => {
      const token = await sessions.manager.createSession(0);
      let calls = 0;
      await sessions.manager.updateSession(token, async (count) => {
        calls++;
        sessions.clock.advance(1);
        await sessions.manager.renewSession(token);
        return count + 1;
      });
      expect(calls).toBe(1);
    });

    it('renewSession refuses unknown options', async () => {
      const token = await sessions.manager.createSession('data');
      await expect(
        sessions.manager.renewSession(token, { allowexpired: true } as object),
      ).rejects.toThrow(SessionsConfigurationError);
    });
  });

  describe('renewSession with allowExpired', () => {
    const renewExpired = (token: string) =>
      sessions.manager.renewSession(token, { allowExpired: true });

    it('allowExpired renews an expired session from now', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(90 * MINUTE);
      await expect(renewExpired(token)).resolves.toBe(true);
      await expect(minutesLeft(token)).resolves.toBe(10);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
    });

    it('allowExpired renews until the last millisecond of absoluteTimeout, and not later', async () => {
      const token = await sessions.manager.createSession('data');
      const late = await sessions.manager.createSession('late');
      sessions.clock.advance(2 * HOUR - 1);
      await renewExpired(token);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
      await expect(renewExpired(token)).rejects.toThrow(SessionExpiredError);
      await expect(renewExpired(late)).rejects.toThrow(SessionExpiredError);
    });

    it('allowExpired does not find a removed session', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(HOUR);
      await sessions.manager.removeSession(token);
      await expect(renewExpired(token)).rejects.toThrow(SessionNotFoundError);
    });

    it('allowExpired requires the secret', async () => {
      const token = await sessions.manager.createSession('data');
      const other = await sessions.manager.createSession('other');
      sessions.clock.advance(HOUR);
      const forged = `${token.split('.')[0]}.${other.split('.')[1]}`;
      await expect(renewExpired(forged)).rejects.toThrow(SessionNotFoundError);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it.each([false, undefined])(
      'allowExpired as %p renews no expired session',
      async (allowExpired) => {
        const token = await sessions.manager.createSession('data');
        sessions.clock.advance(HOUR);
        await expect(sessions.manager.renewSession(token, { allowExpired })).rejects.toThrow(
          SessionExpiredError,
        );
      },
    );

    it.each(['false', 1, {}])(
      'allowExpired refuses a value that is not a boolean: %p',
      async (no) => {
        const token = await sessions.manager.createSession('data');
        await expect(
          sessions.manager.renewSession(token, { allowExpired: no as boolean }),
        ).rejects.toThrow(SessionsConfigurationError);
      },
    );
  });
});
