import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SessionNotFoundError } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const DAY = 24 * 60 * 60 * 1000;

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database);
  });
  afterAll(() => sessions.close());

  describe('removeSession', () => {
    it('removeSession returns true, and true again for the same token', async () => {
      const token = await sessions.manager.createSession('data');
      await expect(sessions.manager.removeSession(token)).resolves.toBe(true);
      await expect(sessions.manager.removeSession(token)).resolves.toBe(true);
    });

    it.each(TOKEN_METHODS)('%s does not find a removed session', async (_name, call) => {
      const token = await sessions.manager.createSession('data');
      await sessions.manager.removeSession(token);
      await expect(call(sessions.manager, token)).rejects.toThrow(SessionNotFoundError);
    });

    it('removeSession leaves a row without data', async () => {
      const token = await sessions.manager.createSession('data');
      await sessions.manager.removeSession(token);
      const rows = await sessions.select(
        `SELECT data, end_reason FROM ${sessions.tableName} WHERE id = '${token.split('.')[0]}'`,
      );
      expect(rows).toEqual([{ data: '', end_reason: 'logout' }]);
    });

    it('removeSession keeps other sessions, also of the same user', async () => {
      const token = await sessions.manager.createSession({ userId: 'ada' });
      const other = await sessions.manager.createSession({ userId: 'ada' });
      await sessions.manager.removeSession(token);
      await expect(sessions.manager.retrieveSession(other)).resolves.toEqual({ userId: 'ada' });
    });

    it('removeSession keeps the session if its id comes with another secret', async () => {
      const token = await sessions.manager.createSession('data');
      const other = await sessions.manager.createSession('other');
      const forged = `${token.split('.')[0]}.${other.split('.')[1]}`;
      await expect(sessions.manager.removeSession(forged)).resolves.toBe(true);
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('data');
    });

    it('removeSession removes an expired session', async () => {
      const token = await sessions.manager.createSession('data');
      sessions.clock.advance(DAY);
      await sessions.manager.removeSession(token);
      await expect(sessions.manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
    });
  });
});
