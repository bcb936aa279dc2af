import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionExpiredError, SessionsConfigurationError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      expireTime: HOUR,
      renewTimestamp: 10 * MINUTE,
      absoluteTimeout: 2 * HOUR,
    });
  });
  afterEach(() => sessions.close());

  describe('expiry', () => {
    it('a session lives until the last millisecond of its expireTime', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(HOUR - 1);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });

    it('a session can be created with an expireTime that differs from the option', async () => {
      const short = await sessions.manager.createSession('short', { expireTime: 1 });
      const long = await sessions.manager.createSession('long', { expireTime: 2 * HOUR });
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(short)).rejects.toThrow(SessionExpiredError);
      sessions.clock.advance(2 * HOUR - 2);
      await expect(sessions.manager.retrieveSession(long)).resolves.toBe('long');
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(long)).rejects.toThrow(SessionExpiredError);
    });

    it('an expireTime beyond the absoluteTimeout is refused', async () => {
      await expect(
        sessions.manager.createSession('data', { expireTime: 2 * HOUR + 1 }),
      ).rejects.toThrow(SessionsConfigurationError);
    });

    it('every method except removal reports an expired session as expired', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(HOUR);
      for (const [, call] of TOKEN_METHODS) {
        await expect(call(sessions.manager, token)).rejects.toThrow(SessionExpiredError);
      }
      await expect(sessions.manager.removeSession(token)).resolves.toBe(true);
    });

    it('no update and no renewal revives an expired session', async () => {
      const token = await sessions.manager.createSession('old');
      sessions.clock.advance(HOUR);
      for (const [, call] of TOKEN_METHODS) {
        await call(sessions.manager, token).catch(() => undefined);
      }
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
      const [row] = await sessions.select(`SELECT data, version FROM ${sessions.tableName}`);
      expect(row).toEqual({ data: '"old"', version: 1 });
    });

    it('a session that expires while a change is computed stays unchanged', async () => {
      const token = await sessions.manager.createSession('old');
      const update = sessions.manager.updateSession(token, () => {
        sessions.clock.advance(HOUR);
        return 'new';
      });
      await expect(update).rejects.toThrow(SessionExpiredError);
      const [row] = await sessions.select(`SELECT data FROM ${sessions.tableName}`);
      expect(row).toEqual({ data: '"old"' });
    });

    it('reading a session does not extend it', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(HOUR - 1);
      await sessions.manager.retrieveSession(token);
      await sessions.manager.inspectSession(token);
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });
  });
});
