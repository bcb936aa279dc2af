import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { expectTextBack } from '../support/databases/text-round-trip.js';
import { describeDatabases, isMysqlServer, SERVERS } from '../support/databases/databases.js';
import {
  connectPrepared,
  type ConnectionSetup,
} from '../support/databases/prepared-connections.js';
import { statementsOf } from '../support/databases/statement-listener.js';

const NOT_STRICT = "SET SESSION sql_mode = ''";

/** It changes the parameters of statements on MariaDB, but not on MySQL. */
const ONLY_CONNECTION = { statements: ['SET character_set_connection = latin1'] };

/** Set-ups that change text, each with the charset that the error at start names. */
const CHANGING: Record<'postgres' | 'mysql', [ConnectionSetup, string][]> = {
  postgres: [[{ statements: ["SET client_encoding TO 'LATIN1'"] }, 'LATIN1']],
  mysql: [
    [{ dialectOptions: { charset: 'latin1' } }, 'latin1'],
    [{ dialectOptions: { charset: 'utf8' } }, 'utf8mb3'],
    [{ statements: ['SET NAMES latin1'] }, 'latin1'],
    [{ statements: [NOT_STRICT, 'SET NAMES latin1'] }, 'latin1'],
    [{ statements: ['SET NAMES utf8'] }, 'utf8mb3'],
    [{ statements: [NOT_STRICT, 'SET NAMES utf8'] }, 'utf8mb3'],
    [ONLY_CONNECTION, 'latin1'],
    [{ statements: ['SET character_set_results = latin1'] }, 'latin1'],
  ],
};

const SOUND: Record<'postgres' | 'mysql', ConnectionSetup[]> = {
  postgres: [
    { statements: ["SET client_encoding TO 'UTF8'"] },
    { statements: ["SET client_encoding TO 'SQL_ASCII'"] },
  ],
  mysql: [
    { dialectOptions: { charset: 'utf8mb4' } },
    { statements: ['SET NAMES utf8mb4'] },
    { statements: [NOT_STRICT, 'SET NAMES utf8mb4'] },
  ],
};

describeDatabases((database) => {
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const kind = database.name === 'PostgreSQL' ? 'postgres' : 'mysql';
  const [changing, sound] = isMysqlServer(database)
    ? [
        CHANGING.mysql.filter(([setup]) => setup !== ONLY_CONNECTION),
        [...SOUND.mysql, ONLY_CONNECTION],
      ]
    : [CHANGING[kind], SOUND[kind]];
  const opened: { close(): Promise<void> }[] = [];

  const open = async (connection: Sequelize): Promise<SessionManager> => {
    opened.push(connection);
    const manager = await init({ connection, tableName });
    opened.unshift(manager);
    return manager;
  };
  const run = async (sql: string) => {
    const direct = database.connect();
    await direct.query(sql);
    await direct.close();
  };

  afterEach(async () => {
    for (const each of opened.splice(0)) {
      await each.close();
    }
    await run(`DROP TABLE IF EXISTS ${tableName}`);
  });

  describe('a connection that changes text', () => {
    it.each(changing)(
      'a connection that changes text is refused at start because of its charset: %j',
      async (setup, charset) => {
        const opening = open(connectPrepared(database, setup));
        await expect(opening).rejects.toThrow(SessionsConfigurationError);
        await expect(opening).rejects.toThrow(`of the connection is ${charset}`);
      },
    );

    it.each(changing)(
      'a connection that reads š as a lets no user become another: %j',
      async (setup) => {
        const manager = await open(database.connect());
        await manager.createSession({ userId: 'a' });
        const removing = open(connectPrepared(database, setup)).then((other) =>
          other.removeUserSessions('š'),
        );
        await expect(removing).rejects.toThrow(SessionsConfigurationError);
        await expect(manager.listSessions('a')).resolves.toHaveLength(1);
      },
    );

    it('a charset changed after the start lets no guest become an admin by low bytes that are quotes', async () => {
      const connection = database.connect(undefined, { pool: { max: 1 } });
      const manager = await open(connection);
      const set = kind === 'postgres' ? "SET client_encoding TO 'LATIN1'" : 'SET NAMES latin1';
      await connection.query(set);
      // If each character is cut to its low byte, this is `","role":"admin`.
      const guest = { role: 'guest', name: '\u0122,\u0122role\u0122:\u0122admin' };
      const token = await manager.createSession(guest);
      await expect(manager.retrieveSession(token)).resolves.toEqual(guest);
    });
  });

  describe('a connection that leaves text unchanged', () => {
    it.each(sound)('a connection that keeps text returns it unchanged: %j', async (setup) => {
      await expectTextBack(await open(connectPrepared(database, setup)));
    });

    it('the check of the connection at start writes nothing', async () => {
      await open(database.connect());
      const connection = database.connect();
      const sent = await statementsOf(connection, () => open(connection));
      expect(sent.length).toBeGreaterThan(0);
      // Those of the check of rights match no row.
      const writes = sent.filter((sql) => !sql.endsWith('WHERE 1 = 0'));
      expect(writes.filter((sql) => /^(?:INSERT|UPDATE|DELETE|CREATE|ALTER)/.test(sql))).toEqual(
        [],
      );
    });
  });

  if (kind === 'mysql') {
    describe('a table with a column in another charset', () => {
      it('a column in another charset is refused at start, and the error names it', async () => {
        await (await open(database.connect())).close();
        await run(`ALTER TABLE ${tableName} MODIFY user_agent VARCHAR(512) CHARACTER SET latin1`);
        const opening = open(database.connect());
        await expect(opening).rejects.toThrow(SessionsConfigurationError);
        await expect(opening).rejects.toThrow('the charset of the column user_agent is latin1');
      });

      it('a table whose data column alone is in another charset is used, because data is ASCII', async () => {
        await (await open(database.connect())).close();
        await run(`ALTER TABLE ${tableName} MODIFY data LONGTEXT CHARACTER SET latin1 NOT NULL`);
        await expectTextBack(await open(database.connect()));
      });
    });
  }
}, SERVERS);
