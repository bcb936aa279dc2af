import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, SessionsConfigurationError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import {
  describeDatabases,
  IN_MEMORY,
  isMysqlServer,
  SERVERS,
} from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

/** Types that change text or treat two texts as equal, each with what the error says about the column. */
const INEXACT: Record<string, [column: string, type: string, said: string][]> = {
  sqlite: [
    ['user_id', 'VARCHAR(255) COLLATE NOCASE NULL', 'user_id (takes "A" for "a")'],
    ['user_id', 'VARCHAR(255) COLLATE RTRIM NULL', 'user_id (takes "a " for "a")'],
    ['user_id', 'INTEGER NULL', 'user_id (INTEGER)'],
    ['secret_hash', 'TEXT COLLATE NOCASE NOT NULL', 'secret_hash (takes "A" for "a")'],
  ],
  postgres: [
    [
      'user_id',
      'VARCHAR(255) COLLATE pg_temp.caseless',
      'user_id (character varying(255) caseless)',
    ],
    ['user_id', 'pg_temp.caseless_text', 'user_id (caseless_text'],
    ['user_id', 'CHAR(255)', 'user_id (character(255)'],
    ['user_id', 'VARCHAR(254)', 'user_id (character varying(254)'],
    ['user_id', 'BIGINT USING NULL', 'user_id (bigint)'],
    ['user_id', 'UUID USING NULL', 'user_id (uuid)'],
    ['id', 'CHAR(36)', 'id (character(36)'],
  ],
  mysql: [
    ['user_id', 'VARCHAR(255) COLLATE utf8mb4_unicode_ci', '(varchar(255) utf8mb4_unicode_ci)'],
    ['user_id', 'VARCHAR(255) COLLATE utf8mb4_bin', 'user_id (varchar(255) utf8mb4_bin)'],
    ['user_id', 'CHAR(255) COLLATE utf8mb4_nopad_bin', 'user_id (char(255) utf8mb4_nopad_bin)'],
    ['user_id', 'VARCHAR(254) COLLATE utf8mb4_nopad_bin', 'user_id (varchar(254) '],
    ['user_id', 'BIGINT', 'user_id (bigint(20))'],
    ['user_id', 'VARBINARY(255)', 'user_id (varbinary(255))'],
    ['id', 'CHAR(36) COLLATE ascii_bin NOT NULL', 'id (char(36) ascii_bin)'],
  ],
};

const EXACT: Record<string, [column: string, type: string][]> = {
  sqlite: [['user_id', 'TEXT']],
  postgres: [
    ['user_id', 'TEXT'],
    ['user_id', 'VARCHAR COLLATE "C"'],
    ['user_id', 'VARCHAR(300)'],
  ],
  mysql: [
    ['user_id', 'VARCHAR(300) COLLATE utf8mb4_nopad_bin'],
    ['secret_hash', 'TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL'],
  ],
};

/** What a real MySQL server calls the collations and types of MariaDB. */
const asMysql = (text: string) =>
  text.replaceAll('utf8mb4_nopad_bin', 'utf8mb4_0900_bin').replace('bigint(20)', 'bigint');

describeDatabases(
  (database) => {
    const named = isMysqlServer(database) ? asMysql : (text: string) => text;
    const kind = IN_MEMORY.includes(database)
      ? 'sqlite'
      : database.name === 'PostgreSQL'
        ? 'postgres'
        : 'mysql';
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let connection: Sequelize;
    let opened: SessionManager[];

    const open = async () => {
      const manager = await init({ connection, tableName });
      opened.push(manager);
      return manager;
    };

    /** Gives a column of the session table another type. */
    async function retype(column: string, type: string): Promise<void> {
      if (kind === 'sqlite') {
        const [table] = await connection.query<{ sql: string }>(
          `SELECT sql FROM sqlite_master WHERE name = '${tableName}'`,
          { type: QueryTypes.SELECT },
        );
        await connection.query(`DROP TABLE ${tableName}`);
        const changed = new RegExp(`^ *${column} [^,]*`, 'm');
        await connection.query(table!.sql.replace(changed, `${column} ${type}`));
      } else {
        const change = kind === 'postgres' ? `ALTER ${column} TYPE` : `MODIFY ${column}`;
        await connection.query(`ALTER TABLE ${tableName} ${change} ${named(type)}`);
      }
    }

    beforeEach(async () => {
      connection = database.connect(undefined, { pool: { max: 1 } });
      opened = [];
      if (kind === 'postgres') {
        // The table is in the schema that only this connection sees.
        const collation = "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
        await connection.query(`CREATE COLLATION pg_temp.caseless ${collation}`);
        await connection.query(
          'CREATE DOMAIN pg_temp.caseless_text AS TEXT COLLATE pg_temp.caseless',
        );
      }
      await (await open()).close();
    });
    afterEach(async () => {
      await Promise.all(opened.map((manager) => manager.close()));
      await connection.query(`DROP TABLE IF EXISTS ${tableName}`);
      await connection.close();
    });

    it.each(INEXACT[kind]!)(
      'a table whose %s is %s is refused at start, until it is migrated as the error says',
      async (column, type, said) => {
        await retype(column, type);
        const refusal = await rejectionOf(open());
        expect(refusal).toBeInstanceOf(SessionsConfigurationError);
        expect(String(refusal)).toContain(named(said));
        const remedy =
          kind === 'sqlite'
            ? `DROP TABLE ${tableName}`
            : /ALTER TABLE .*?(?=\. The table)/.exec(String(refusal))![0];
        await connection.query(remedy);
        const manager = await open();
        await manager.createSession({ userId: 'admin' });
        for (const alike of ['Admin', 'Ádmin', 'admin ']) {
          await expect(manager.removeUserSessions(alike)).resolves.toBe(0);
        }
        await expect(manager.removeUserSessions('admin')).resolves.toBe(1);
      },
    );

    it.each(EXACT[kind]!)('a table whose %s is %s is used', async (column, type) => {
      await retype(column, type);
      const manager = await open();
      const token = await manager.createSession({ userId: 'admin' });
      await expect(manager.removeUserSessions('Admin')).resolves.toBe(0);
      await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'admin' });
    });
  },
  [...IN_MEMORY, ...SERVERS],
);
