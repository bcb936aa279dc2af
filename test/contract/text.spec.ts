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
    it('text of any characters comes back unchanged as data, owner and user agent', async () => {
      await expectTextBack(sessions.manager);
    });

    it('data is stored in ASCII after a creation and after an update', async () => {
      const data = { name: 'Zażółć 漢字 😀 \u007f \ud800' };
      const json = String.raw`{"name":"Za\u017c\u00f3\u0142\u0107 \u6f22\u5b57 \ud83d\ude00 ${'\u007f'} \ud800"}`;
      const token = await sessions.manager.createSession(data);
      const stored = () => sessions.select(`SELECT data FROM ${sessions.tableName}`);
      expect(await stored()).toContainEqual({ data: json });
      await sessions.manager.updateSession(token, [data]);
      expect(await stored()).toContainEqual({ data: `[${json}]` });
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual([data]);
    });

    it('data that older versions stored outside ASCII can be read', async () => {
      const token = await sessions.manager.createSession('new');
      const { id } = await sessions.manager.inspectSession(token);
      await sessions.sequelize.query(
        `UPDATE ${sessions.tableName} SET data = '"Zażółć 漢字 😀"' WHERE id = '${id}'`,
      );
      await expect(sessions.manager.retrieveSession(token)).resolves.toBe('Zażółć 漢字 😀');
    });
  });
});
