import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SessionDataError, type SessionManager } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { CANARY, FAILING_SCHEMAS } from '../support/sessions/failing-schemas.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

const FINE = { home: 'https://shop.example/' };

describeDatabases((database) => {
  describe.each(Object.entries(FAILING_SCHEMAS))('a schema that fails: %s', (_name, schema) => {
    let sessions: TestSessions;
    let manager: SessionManager;
    let warnings: unknown[];
    let [old, fine] = ['', ''];

    beforeEach(async () => {
      warnings = [];
      jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(text));
      sessions = await openSessions(database);
      old = await sessions.manager.createSession({ userId: 'ann', home: CANARY });
      fine = await sessions.manager.createSession(FINE);
      manager = await sessions.another({ schema });
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await sessions.close();
    });

    it('a failing schema is an error for its own session only, and the error shows no data', async () => {
      for (const call of [
        () => manager.retrieveSession(old),
        () => manager.inspectSession(old),
        () => manager.updateSession(old, (data) => data),
        () => manager.updateSession(fine, { home: CANARY }),
        () => manager.createSession({ home: CANARY }),
      ]) {
        const error = await rejectionOf(call());
        expect(error).toBeInstanceOf(SessionDataError);
        expect((error as Error).message).toContain('since the schema');
        expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(CANARY);
        expect(error).not.toHaveProperty('cause');
      }
      await expect(manager.retrieveSession(fine)).resolves.toEqual(FINE);
    });

    it('a failing schema causes one warning, and no unhandled rejection', async () => {
      const rejections = await unhandledRejectionsOf(async () => {
        await rejectionOf(manager.retrieveSession(old));
        await rejectionOf(manager.retrieveSession(old));
        await rejectionOf(manager.createSession({ home: CANARY }));
      });
      expect(warnings).toEqual([expect.stringMatching(/^The option `schema` /)]);
      expect(String(warnings)).not.toContain(CANARY);
      expect(rejections).toEqual([]);
    });

    it('a session whose data makes the schema fail can be replaced and ended', async () => {
      await manager.updateSession(old, FINE);
      await expect(manager.retrieveSession(old)).resolves.toEqual(FINE);
      await sessions.manager.updateSession(old, { home: CANARY });
      await manager.removeSession(old);
      await expect(manager.retrieveSession(old)).rejects.toThrow('There is no session');
    });
  });
});
