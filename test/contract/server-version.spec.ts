import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { init, SessionsConfigurationError } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { claimVersion } from '../support/databases/claimed-version.js';
import { DATABASES, describeDatabases, embeddedFile } from '../support/databases/databases.js';

describe('the version of SQLite', () => {
  let folder: string;
  let connection: Sequelize;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'version-'));
    connection = embeddedFile.connect(join(folder, 'app.sqlite'));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await connection.close();
    rmSync(folder, { recursive: true });
  });

  it.each(['3.39.5', '3.44.2', '3.44.5', '3.45.9', '3.50.6', '3.51.2'])(
    'SQLite %s is refused at start, because its write-ahead log can lose writes',
    async (version) => {
      claimVersion(connection, version);
      const opening = init({ connection });
      await expect(opening).rejects.toThrow(SessionsConfigurationError);
      await expect(opening).rejects.toThrow('sqlite3 to 6.0.1 or newer');
    },
  );

  it.each(['3.44.6', '3.50.7', '3.51.3', '3.52.0', '3.100.0'])(
    'SQLite %s is accepted',
    async (version) => {
      claimVersion(connection, version);
      await (await init({ connection })).close();
    },
  );
});

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

    it.each(['5.5.68-MariaDB', '10.5.29-MariaDB-0+deb11u1', '10.1.48-MariaDB-1~jessie'])(
      '%s is refused at start, and the error names the required version',
      async (version) => {
        claimVersion(connection, version);
        const opening = init({ connection, tableName });
        await expect(opening).rejects.toThrow(SessionsConfigurationError);
        await expect(opening).rejects.toThrow('10.6 or newer');
      },
    );

    it.each(['10.6.0-MariaDB', '11.4.2-MariaDB-ubu2404'])('%s is accepted', async (version) => {
      claimVersion(connection, version);
      await (await init({ connection, tableName })).close();
    });
  },
  DATABASES.filter(({ name }) => name === 'MariaDB' || name === 'MySQL dialect'),
);
