import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { QueryTypes } from 'sequelize';
import { DATABASES, describeDatabases, openSessions } from '../support/databases/databases.js';

describeDatabases(
  (database) => {
    it('a lookup tells pgpool-II to send it to the primary', async () => {
      const name = `lookup ${randomBytes(6).toString('hex')}`;
      const connection = database.connect(undefined, {
        pool: { max: 1 },
        dialectOptions: { application_name: name },
      });
      const sessions = await openSessions(database, { connection });
      const token = await sessions.manager.createSession({ userId: 'ann' });
      await sessions.manager.retrieveSession(token);
      const direct = database.connect();
      const rows = await direct.query<{ query: string }>(
        'SELECT query FROM pg_stat_activity WHERE application_name = $name',
        { bind: { name }, type: QueryTypes.SELECT },
      );
      expect(rows.map(({ query }) => query)).toEqual([
        expect.stringMatching(/^\/\*NO LOAD BALANCE\*\/ SELECT /),
      ]);
      await sessions.close();
      await direct.close();
      await connection.close();
    });
  },
  DATABASES.filter(({ name }) => name === 'PostgreSQL'),
);
