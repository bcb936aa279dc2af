import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { init, SessionsConfigurationError } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { claimGalera } from '../support/databases/claimed-version.js';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { statementsOf } from '../support/databases/statement-listener.js';

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let connection: Sequelize;

    beforeEach(() => {
      connection = database.connect();
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await connection.query(`DROP TABLE IF EXISTS ${tableName}, ${tableName}_turns`);
      await connection.close();
    });

    it.each([0, 1, 6])(
      'a node of a Galera cluster with MySQL and wsrep_sync_wait = %d is refused at start, with the value to set',
      async (syncWait) => {
        claimGalera(connection, '8.0.36-28.1', syncWait);
        const opening = init({ connection, tableName });
        await expect(opening).rejects.toThrow(SessionsConfigurationError);
        await expect(opening).rejects.toThrow('Set wsrep_sync_wait = 7');
      },
    );

    it('a login with a limit takes a turn on a Galera cluster, and no lock of one node', async () => {
      claimGalera(connection, '10.11.6-MariaDB', 0);
      const manager = await init({ connection, tableName, maxSessionsPerUser: 1 });
      const statements = await statementsOf(connection, async () => {
        await manager.createSession({ userId: 'ann' });
        await manager.createSession({ userId: 'ann' });
      });
      expect(statements.filter((sql) => sql.includes('_turns'))).toHaveLength(2);
      expect(statements.filter((sql) => sql.includes('GET_LOCK'))).toEqual([]);
      await expect(manager.countSessions('ann')).resolves.toBe(1);
      await manager.close();
    });
  },
  DATABASES.filter(({ name }) => name === 'MariaDB' || name === 'MySQL dialect'),
);
