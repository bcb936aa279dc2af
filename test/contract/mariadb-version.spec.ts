import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { init, SessionsConfigurationError } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let connection: Sequelize;

    beforeEach(() => {
      connection = database.connect();
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await connection.query(`DROP TABLE IF EXISTS ${tableName}`);
      await connection.close();
    });

    /** Lets the server report another version. */
    const claim = (version: string) => {
      const query = connection.query.bind(connection) as (...given: unknown[]) => unknown;
      jest
        .spyOn(connection, 'query')
        .mockImplementation(((sql: string, ...given: unknown[]) =>
          sql === 'SELECT VERSION() AS version'
            ? Promise.resolve([{ version }])
            : query(sql, ...given)) as never);
    };

    it.each(['5.5.68-MariaDB', '10.5.29-MariaDB-0+deb11u1', '10.1.48-MariaDB-1~jessie'])(
      '%s is refused at start, and the error names the required version',
      async (version) => {
        claim(version);
        const opening = init({ connection, tableName });
        await expect(opening).rejects.toThrow(SessionsConfigurationError);
        await expect(opening).rejects.toThrow('10.6 or newer');
      },
    );

    it.each(['10.6.0-MariaDB', '11.4.2-MariaDB-ubu2404'])('%s is accepted', async (version) => {
      claim(version);
      await (await init({ connection, tableName })).close();
    });
  },
  DATABASES.filter(({ name }) => name === 'MariaDB'),
);
