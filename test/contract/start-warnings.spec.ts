import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  init,
  SessionsConfigurationError,
  SessionStoreError,
  type SessionManager,
} from 'nestjs-server-sessions';
import { QueryTypes, type Options, type Sequelize } from 'sequelize';
import {
  DATABASES,
  describeDatabases,
  IN_MEMORY,
  SERVERS,
} from '../support/databases/databases.js';

type Query = (sql: string) => Promise<unknown>;

describeDatabases(
  (database) => {
    const folder = mkdtempSync(join(tmpdir(), 'warnings-'));
    const file = join(folder, 'app.sqlite');
    let tableName: string;
    let connection: Sequelize;
    let dialect: string;

    beforeEach(async () => {
      tableName = `test_${randomBytes(6).toString('hex')}`;
      connection = database.connect(file);
      dialect = connection.getDialect();
      await (await init({ connection, tableName })).close();
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await connection.query(`DROP TABLE IF EXISTS ${tableName}`);
      await connection.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Starts on another connection, and returns the warnings. */
    const warningsOf = async (options: Options = {}) => {
      const own = database.connect(file, options);
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      try {
        await (await init({ connection: own, tableName, timeout: 1000 })).close();
        return emitWarning.mock.calls.map(([message]) => String(message));
      } finally {
        emitWarning.mockRestore();
        await own.close();
      }
    };
    const readOnly = async (raw: unknown) => {
      const { promise, query } = raw as { promise?: () => { query: Query }; query: Query };
      await (promise
        ? promise.call(raw).query('SET SESSION TRANSACTION READ ONLY')
        : query.call(raw, 'SET SESSION TRANSACTION READ ONLY'));
    };
    const dropIndex = (name: string) =>
      connection.query(
        `DROP INDEX ${tableName}_${name}${/m.*/.exec(dialect) ? ` ON ${tableName}` : ''}`,
      );

    describe('warnings at start', () => {
      it('a table as the migration creates it causes none', async () => {
        await expect(warningsOf()).resolves.toEqual([]);
      });

      it.each([
        ['by_user', 'user_id, end_reason, created_at'],
        ['by_sweep', 'sweep_after'],
      ])(
        'a missing index %s is named with the statement that creates it',
        async (index, columns) => {
          await dropIndex(index);
          const [warning, ...more] = await warningsOf();
          expect(more).toEqual([]);
          expect(warning).toContain(`${tableName} has no index that begins with ${columns}`);
          const [, statement] = /Run: (.*)\.$/.exec(warning!)!;
          await connection.query(statement!);
          await expect(warningsOf()).resolves.toEqual([]);
        },
      );

      it('an index of an expression of the column does not count', async () => {
        await dropIndex('by_sweep');
        const name = `my_${tableName}`;
        // MariaDB has no such index.
        const isMysql = /m.*/.test(dialect);
        if (!isMysql) {
          await connection.query(
            `CREATE INDEX ${name} ON ${tableName} ((sweep_after + 1), sweep_after)`,
          );
        }
        await expect(warningsOf()).resolves.toEqual([expect.stringContaining('sweep_after')]);
      });

      it('an index of another name counts', async () => {
        await dropIndex('by_sweep');
        await connection.query(`CREATE INDEX my_${tableName} ON ${tableName} (sweep_after, id)`);
        await expect(warningsOf()).resolves.toEqual([]);
      });

      it('a connection that only reads is named, and sessions can be read', async () => {
        const only: Record<string, Options> = {
          sqlite: { dialectOptions: { mode: 1 } },
          postgres: { dialectOptions: { options: '-c default_transaction_read_only=on' } },
        };
        const hooks = only[dialect] ? {} : { afterConnect: readOnly };
        const [warning, ...more] = await warningsOf({ ...only[dialect], hooks });
        expect(more).toEqual([]);
        expect(warning).toContain('is read-only at the moment');
      });

      if (SERVERS.includes(database)) {
        it('a start on a connection that only reads is refused if the table is missing', async () => {
          const options: Options =
            dialect === 'postgres'
              ? { dialectOptions: { options: '-c default_transaction_read_only=on' } }
              : { hooks: { afterConnect: readOnly } };
          const own = database.connect(file, options);
          const starting = init({ connection: own, tableName: `${tableName}_missing` });
          await expect(starting).rejects.toThrow(SessionsConfigurationError);
          await expect(starting).rejects.toThrow('since the database is read-only');
          await own.close();
        });
      }

      it('a check that meets a lock does not prevent the start', async () => {
        const lock = await connection.transaction();
        const sql =
          dialect === 'postgres'
            ? `LOCK TABLE ${tableName} IN SHARE MODE`
            : `UPDATE ${tableName} SET version = version`;
        await connection.query(sql, { transaction: lock, type: QueryTypes.RAW });
        const warnings = await warningsOf();
        expect(warnings.filter((text) => !text.includes('could not be checked'))).toEqual([]);
        await lock.rollback();
      });
    });
  },
  // Each connection to :memory: is a separate database.
  DATABASES.filter((database) => !IN_MEMORY.includes(database)),
);

describeDatabases((database) => {
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const user = `reader_${randomBytes(6).toString('hex')}`;
  let connection: Sequelize;
  let isPostgres: boolean;

  beforeEach(async () => {
    connection = database.connect();
    isPostgres = connection.getDialect() === 'postgres';
    await (await init({ connection, tableName })).close();
    await connection.query(
      isPostgres
        ? `CREATE ROLE ${user} LOGIN PASSWORD 'secret'`
        : `CREATE USER ${user} IDENTIFIED BY 'secret'`,
    );
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await connection.query(`DROP TABLE IF EXISTS ${tableName}`);
    await connection.query(isPostgres ? `DROP ROLE ${user}` : `DROP USER ${user}`);
    await connection.close();
  });

  const start = async (
    grants: string,
    before: string[] = [],
    use = async (manager: SessionManager) => void (await manager.countSessions()),
  ) => {
    await connection.query(`GRANT ${grants} ON ${tableName} TO ${user}`);
    for (const sql of before) {
      await connection.query(sql);
    }
    const own = database.connect(undefined, {
      hooks: {
        beforeConnect: (config) => {
          Object.assign(config, { username: user, password: 'secret' });
          if (connection.getDialect() === 'mariadb') {
            // Without TLS, its driver sends no password to a MySQL whose key it may not ask for.
            Object.assign((config.dialectOptions ??= {}), { allowPublicKeyRetrieval: true });
          }
        },
      },
    });
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    try {
      const manager = await init({ connection: own, tableName, synchronize: false });
      await use(manager);
      await manager.close();
      return emitWarning.mock.calls.map(([message]) => String(message));
    } finally {
      emitWarning.mockRestore();
      await own.close();
    }
  };

  describe('the rights of the connection', () => {
    if (database.name === 'PostgreSQL') {
      it('row-level security that applies to the connection is named', async () => {
        const [warning, ...more] = await start('SELECT, INSERT, UPDATE, DELETE', [
          `ALTER TABLE ${tableName} ENABLE ROW LEVEL SECURITY`,
        ]);
        expect(more).toEqual([]);
        expect(warning).toContain('Row-level security applies');
        expect(warning).toContain('DISABLE ROW LEVEL SECURITY');
      });

      it('if row-level security lets nobody change a session, its endings fail and name the cause', async () => {
        const policies = [
          `ALTER TABLE ${tableName} ENABLE ROW LEVEL SECURITY`,
          `CREATE POLICY reads ON ${tableName} FOR SELECT USING (true)`,
          `CREATE POLICY logins ON ${tableName} FOR INSERT WITH CHECK (true)`,
        ];
        await start('SELECT, INSERT, UPDATE, DELETE', policies, async (manager) => {
          const token = await manager.createSession({ userId: 'ann' });
          const endings = [
            manager.removeSession(token),
            manager.removeUserSessions('ann'),
            manager.removeSessionById(token.split('.')[0]!),
            manager.removeAllSessions(),
          ];
          for (const { reason } of (await Promise.allSettled(endings)) as PromiseRejectedResult[]) {
            expect(reason).toBeInstanceOf(SessionStoreError);
            expect(reason).toMatchObject({ reason: 'rejected', isTransient: false });
            expect(reason.message).toContain('Row-level security can be the cause');
          }
          await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
        });
      });
    }

    it('a user with the four rights causes no warning', async () => {
      await expect(start('SELECT, INSERT, UPDATE, DELETE')).resolves.toEqual([]);
    });

    it.each([
      ['INSERT', 'SELECT, UPDATE, DELETE', 'a login gets a 503'],
      ['UPDATE', 'SELECT, INSERT, DELETE', 'an update or a logout gets a 503'],
      ['DELETE', 'SELECT, INSERT, UPDATE', 'no expired session is deleted'],
    ])('a missing right to %s is named, with what it prevents', async (right, grants, what) => {
      const [warning, ...more] = await start(grants);
      expect(more).toEqual([]);
      expect(warning).toContain(`has no right to ${right} on`);
      expect(warning).toContain(`so ${what}.`);
      expect(warning).toContain('GRANT SELECT, INSERT, UPDATE, DELETE');
    });
  });
}, SERVERS);
