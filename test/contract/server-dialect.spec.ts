import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { init, SessionNotFoundError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { claimVersion } from '../support/databases/claimed-version.js';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { statementsOf } from '../support/databases/statement-listener.js';

const USER = 'ann';

/** Matches what only MariaDB's servers take. */
const OF_MARIADB = /RETURNING|JSON_TABLE/;

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let connection: Sequelize;
    let manager: SessionManager;

    const openOn = async (version: string) => {
      claimVersion(connection, version);
      manager = await init({ connection, tableName, timeout: LONG_TIMEOUT_MS });
    };
    /** Returns the statements of a login, a request, a logout everywhere, and of deleting every trace of the user. */
    const visit = () =>
      statementsOf(connection, async () => {
        const token = await manager.createSession({ userId: USER });
        await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: USER });
        await manager.removeUserSessions(USER);
        await expect(manager.retrieveSession(token)).rejects.toThrow(SessionNotFoundError);
        await manager.eraseUser(USER);
      });

    beforeEach(() => {
      connection = database.connect();
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await manager.close();
      await connection.query(`DROP TABLE IF EXISTS ${tableName}`);
      await connection.close();
    });

    describe.each(['8.0.43', '8.4.6', '9.7.4-2'])('a server that is MySQL %s', (version) => {
      it('gets no statement that only MariaDB takes, whichever driver sends it', async () => {
        // A table that exists: the collations of a new one would be those of MySQL.
        await openOn('10.11.19-MariaDB');
        await manager.close();
        jest.restoreAllMocks();
        await openOn(version);
        expect((await visit()).filter((text) => OF_MARIADB.test(text))).toEqual([]);
      });
    });

    it('a server that is MariaDB gets its faster statements, whichever driver sends them', async () => {
      await openOn('10.11.19-MariaDB');
      const statements = (await visit()).filter((text) => OF_MARIADB.test(text));
      expect(statements).toEqual([
        expect.stringContaining('JSON_TABLE'),
        expect.stringContaining('JSON_TABLE'),
        expect.stringContaining('RETURNING'),
      ]);
    });
  },
  DATABASES.filter(({ name }) => name === 'MariaDB' || name === 'MySQL dialect'),
);
