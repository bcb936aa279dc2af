import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionExpiredError, type SessionManager } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describeDatabases((database) => {
  describe('an absoluteTimeout that is lowered later', () => {
    let sessions: TestSessions;
    let strict: SessionManager;
    let token: string;

    beforeEach(async () => {
      sessions = await openSessions(database, { expireTime: HOUR, absoluteTimeout: 2 * HOUR });
      strict = await sessions.another({
        expireTime: 10 * MINUTE,
        renewTimestamp: 10 * MINUTE,
        absoluteTimeout: 30 * MINUTE,
      });
      token = await sessions.manager.createSession('data');
    });
    afterEach(() => sessions.close());

    it('a lower absoluteTimeout also ends the sessions that exist already', async () => {
      sessions.clock.advance(30 * MINUTE - 1);
      await expect(strict.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      for (const [, call] of TOKEN_METHODS) {
        await expect(call(strict, token)).rejects.toThrow(SessionExpiredError);
      }
      await expect(strict.renewSession(token, { allowExpired: true })).rejects.toThrow(
        SessionExpiredError,
      );
    });

    it('expiresAt of an existing session follows a lower absoluteTimeout', async () => {
      const { createdAt, expiresAt } = await strict.inspectSession(token);
      expect(expiresAt.getTime() - createdAt.getTime()).toBe(30 * MINUTE);
    });

    it('a lower absoluteTimeout ends sessions without a write', async () => {
      sessions.clock.advance(30 * MINUTE);
      for (const [, call] of TOKEN_METHODS) {
        await call(strict, token).catch(() => undefined);
      }
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
    });
  });

  describe('absoluteTimeout: false', () => {
    let sessions: TestSessions;

    beforeEach(async () => {
      sessions = await openSessions(database, {
        expireTime: DAY,
        renewTimestamp: DAY,
        absoluteTimeout: false,
      });
    });
    afterEach(() => sessions.close());

    it('without an absoluteTimeout a session lives as long as it is renewed', async () => {
      const token = await sessions.manager.createSession('data');
      for (let day = 0; day < 40; day++) {
        sessions.clock.advance(DAY - 1);
        await sessions.manager.renewSession(token);
      }
      sessions.clock.advance(DAY - 1);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it('without an absoluteTimeout a session can be created for a century', async () => {
      const token = await sessions.manager.createSession('data', { expireTime: 36_500 * DAY });
      sessions.clock.advance(36_500 * DAY - 1);
      await sessions.manager.updateSession(token, 'new');
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('new');
    });
  });
});
