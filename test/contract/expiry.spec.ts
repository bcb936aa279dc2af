import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionExpiredError } from 'nestjs-server-sessions';
import { describeDatabases, openSessions, type TestSessions } from '../support/databases.js';

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
    it('keeps a session alive until the last millisecond of expireTime', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(HOUR - 1);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
      sessions.clock.advance(1);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionExpiredError);
    });
  });
});
