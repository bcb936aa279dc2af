import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectTextBack } from '../support/databases/text-round-trip.js';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';

describeDatabases((database) => {
  let sessions: TestSessions;

  beforeAll(async () => {
    sessions = await openSessions(database);
  });
  afterAll(() => sessions.close());

  describe('text of any characters', () => {
    it('comes back as it went in, as data, owner and user agent', async () => {
      await expectTextBack(sessions.manager);
    });

    it('is stored as data in ASCII, after a creation and an update', async () => {
      const data = { name: 'Zażółć 漢字 😀 \u007f \ud800' };
      const json = String.raw`{"name":"Za\u017c\u00f3\u0142\u0107 \u6f22\u5b57 \ud83d\ude00 ${'\u007f'} \ud800"}`;
      const token = await sessions.manager.createSession(data);
      const stored = () => sessions.select(`SELECT data FROM ${sessions.tableName}`);
      expect(await stored()).toContainEqual({ data: json });
      await sessions.manager.updateSession(token, [data]);
      expect(await stored()).toContainEqual({ data: `[${json}]` });
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual([data]);
    });

    it('is read from rows whose data is not in ASCII, as they were written before', async () => {
      const token = await sessions.manager.createSession('new');
      const { id } = await sessions.manager.inspectSession(token);
      await sessions.sequelize.query(
        `UPDATE ${sessions.tableName} SET data = '"Zażółć 漢字 😀"' WHERE id = '${id}'`,
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('Zażółć 漢字 😀');
    });
  });
});
