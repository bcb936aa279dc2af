import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  init,
  SessionNotFoundError,
  SessionsConfigurationError,
  type SessionManager,
} from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import { DATABASES, describeDatabases, IN_MEMORY } from '../support/databases/databases.js';
import { rejectionOf } from '../support/promises/rejection.js';

/** Columns that tables of earlier versions lack. */
const ADDED = [
  'rotated_at',
  'actor_id',
  'actor_session_id',
  'confirmed_at',
  'lifetime',
  'ends_at',
  'sweep_after',
  'end_reason',
  'device_secret',
  'device_key',
];

describeDatabases(
  (database) => {
    const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    const connect = () => database.connect(join(folder, 'app.sqlite'));
    const freshName = () => `test_${randomBytes(6).toString('hex')}`;
    const made: string[] = [];
    let connection: Sequelize;

    beforeAll(() => {
      connection = connect();
    });
    afterAll(async () => {
      for (const table of made) {
        await connection.query(
          `DROP TABLE IF EXISTS ${connection.getQueryInterface().quoteIdentifier(table)}`,
        );
      }
      await connection.close();
      rmSync(folder, { recursive: true });
    });

    const tableName = (name = freshName()) => {
      made.push(name);
      return name;
    };

    /** Opens a manager on a separate connection, like another process. */
    const openAlone = async (options: object) => {
      const own = connect();
      try {
        const manager = await init({ connection: own, ...options });
        return { manager, own };
      } catch (error) {
        await own.close();
        throw error;
      }
    };
    const using = async <Result>(
      options: object,
      work: (manager: SessionManager) => Promise<Result>,
    ): Promise<Result> => {
      const { manager, own } = await openAlone(options);
      try {
        return await work(manager);
      } finally {
        await manager.close();
        await own.close();
      }
    };

    /** Returns what a new connection sees; an older one of SQLite can see a cached schema. */
    const schemaOf = async (table: string) => {
      const fresh = connect();
      const queries = fresh.getQueryInterface();
      const indexes = (await queries.showIndex(table)) as { fields: { attribute: string }[] }[];
      const columns = Object.keys(await queries.describeTable(table));
      await fresh.close();
      return {
        columns,
        indexed: indexes.map(({ fields }) => fields.map(({ attribute }) => attribute).join()),
      };
    };

    describe('the table', () => {
      it('the table is created once if eight processes start at the same time', async () => {
        const table = tableName();
        const opened = await Promise.all(
          Array.from({ length: 8 }, () => openAlone({ tableName: table })),
        );
        const token = await opened[0]!.manager.createSession('data');
        for (const { manager, own } of opened) {
          await expect(manager.retrieveSession(token)).resolves.toBe('data');
          await manager.close();
          await own.close();
        }
      });

      it('an existing table and its sessions stay as they are', async () => {
        const table = tableName();
        const token = await using({ tableName: table }, (manager) => manager.createSession('data'));
        await using({ tableName: table }, async (manager) => {
          await expect(manager.retrieveSession(token)).resolves.toBe('data');
        });
      });

      it('the table can have additional columns of the application', async () => {
        const table = tableName();
        await using({ tableName: table }, async () => {});
        await connection.query(`ALTER TABLE ${table} ADD COLUMN note VARCHAR(10)`);
        await using({ tableName: table }, async (manager) => {
          const token = await manager.createSession('data');
          await expect(manager.retrieveSession(token)).resolves.toBe('data');
        });
      });

      it.each([
        ['of one letter', () => 'T'],
        ['a reserved word', () => 'select'],
        ['in mixed case', () => `Test_${freshName()}`],
        ['of 63 characters', () => freshName().padEnd(63, 'x')],
        ['of 54 characters', () => freshName().padEnd(54, 'y')],
      ])('the table can be named %s and gets both indexes', async (_name, name) => {
        const table = tableName(name());
        await connection.getQueryInterface().dropTable(table);
        await using({ tableName: table }, async (manager) => {
          const token = await manager.createSession('data');
          await expect(manager.retrieveSession(token)).resolves.toBe('data');
        });
        const { indexed } = await schemaOf(table);
        expect(indexed).toEqual(
          expect.arrayContaining(['user_id,end_reason,created_at,id', 'sweep_after']),
        );
      });

      it.each(['a"b', "a'b", 'a`b', 'a b', 'a;b', 'a.b', '1a', '', 'ä', 'x'.repeat(64), 'a\n'])(
        'the table can not be named %p',
        async (name) => {
          const error = await rejectionOf(openAlone({ tableName: name }));
          expect(error).toBeInstanceOf(SessionsConfigurationError);
          expect(String(error)).toContain('tableName');
        },
      );
    });

    describe('a table that is missing', () => {
      it('with synchronize: false a missing table is refused and not created', async () => {
        const table = tableName();
        const error = await rejectionOf(openAlone({ tableName: table, synchronize: false }));
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        expect(String(error)).toContain(table);
        expect(String(error)).toContain('synchronize: true');
        await expect(connection.getQueryInterface().tableExists(table)).resolves.toBe(false);
      });
    });

    describe('a table of an earlier version', () => {
      it('an older table is refused, and keeps its sessions once the statements of the error are run', async () => {
        const table = tableName();
        const token = await using({ tableName: table }, (manager) => manager.createSession('data'));
        const quote = (name: string) => connection.getQueryInterface().quoteIdentifier(name);
        const isMysql = ['mariadb', 'mysql'].includes(connection.getDialect());
        for (const index of ['by_user', 'by_sweep']) {
          const name = quote(`${table}_${index}`);
          await connection.query(isMysql ? `DROP INDEX ${name} ON ${table}` : `DROP INDEX ${name}`);
        }
        for (const column of ADDED) {
          await connection.query(`ALTER TABLE ${table} DROP COLUMN ${column}`);
        }
        const error = await rejectionOf(openAlone({ tableName: table }));
        expect(error).toBeInstanceOf(SessionsConfigurationError);
        const [, missing, statements] =
          /it has no column (.+?)\. Migrate the table: (.*)\. It was not changed\.$/.exec(
            (error as Error).message,
          )!;
        expect(missing).toBe(ADDED.join(', '));
        for (const statement of statements!.split('; ')) {
          await connection.query(statement);
        }
        await using({ tableName: table }, async (manager) => {
          const next = await manager.regenerateSession(token);
          await manager.removeSession(token);
          await expect(manager.retrieveSession(next)).rejects.toThrow(SessionNotFoundError);
        });
        await expect(schemaOf(table)).resolves.toMatchObject({
          indexed: expect.arrayContaining(['user_id,end_reason,created_at,id', 'sweep_after']),
        });
      });

      it('the cleanup finds a session that an older process added', async () => {
        const table = tableName();
        await using({ tableName: table }, (manager) => manager.createSession('data'));
        await connection.query(`UPDATE ${table} SET sweep_after = 0, expires_at = 1`);
        await using({ tableName: table }, async (manager) => {
          await expect(manager.removeExpiredSessions()).resolves.toBe(1);
        });
      });
    });

    describe('a table of another kind', () => {
      const foreign: [string, string, string[], RegExp][] = [
        [
          'with no column of ours but id',
          'id INTEGER',
          ['id'],
          /no column secret_hash, .*expires_at/,
        ],
        [
          'with columns of our indexes',
          'id INTEGER, user_id INTEGER, expires_at BIGINT, data TEXT',
          ['id', 'user_id', 'expires_at', 'data'],
          /no column secret_hash, .*version/,
        ],
      ];

      it.each(foreign)(
        'another table of that name is refused, and the error names what is missing: %s',
        async (_name, definition, _columns, message) => {
          const table = tableName();
          await connection.query(`CREATE TABLE ${table} (${definition})`);
          for (const synchronize of [true, false]) {
            const error = await rejectionOf(openAlone({ tableName: table, synchronize }));
            expect(error).toBeInstanceOf(SessionsConfigurationError);
            expect((error as Error).message).toMatch(message);
            expect((error as Error).message).toContain(table);
          }
        },
      );

      it.each(foreign)(
        'another table of that name is left unchanged: %s',
        async (_name, definition, columns) => {
          const table = tableName();
          await connection.query(`CREATE TABLE ${table} (${definition})`);
          await connection.query(`INSERT INTO ${table} (id) VALUES (7)`);
          await rejectionOf(openAlone({ tableName: table }));
          await expect(schemaOf(table)).resolves.toEqual({ columns, indexed: [] });
          await expect(
            connection.query(`SELECT id FROM ${table}`, { type: QueryTypes.SELECT }),
          ).resolves.toEqual([{ id: 7 }]);
        },
      );
    });
  },
  // Each connection to :memory: is a separate database.
  DATABASES.filter((database) => !IN_MEMORY.includes(database)),
);
