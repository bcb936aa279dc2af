import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init, type InitOptions, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Sequelize } from 'sequelize';
import { DATABASES, describeDatabases, type TestDatabase } from '../databases/databases.js';

/** A place for sessions that a command line can name. */
export interface Address {
  /** The URL, or the path of a file that does not exist yet. */
  readonly to: string;
  readonly tableName: string;
  /** Returns a separate connection. */
  readonly sequelize: Sequelize;
  /** A folder for other files of the test. */
  readonly folder: string;
  /** The options that name it: `--url …` or `--storage …`, and `--table …`. */
  readonly options: readonly string[];
  /** Opens the sessions there. */
  open<T = any>(options?: InitOptions<T>): Promise<SessionManager<T>>;
  /** Runs a SELECT. */
  select(sql: string): Promise<Record<string, unknown>[]>;
  /** Closes what was opened and deletes what was stored there. */
  remove(): Promise<void>;
}

/** Runs a suite on each database that a command line can name: all except `:memory:`. */
export function describeAddresses(
  suite: (database: TestDatabase) => void,
  databases: readonly TestDatabase[] = DATABASES,
): void {
  describeDatabases(
    suite,
    databases.filter(({ name }) => name !== 'SQLite :memory:'),
  );
}

export function addressIn(database: TestDatabase): Address {
  const folder = mkdtempSync(join(tmpdir(), 'sessions-cli-'));
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const path = join(folder, 'sessions.sqlite');
  const connection = database.connect(path);
  const to = database.storagePath ? path : urlOf(connection);
  const opened: SessionManager[] = [];
  return {
    to,
    tableName,
    sequelize: connection,
    folder,
    options: [database.storagePath ? '--storage' : '--url', to, '--table', tableName],
    async open(options) {
      const where = database.storagePath ? { storagePath: path } : { connection };
      const manager = await init({ cleanup: false, tableName, ...where, ...options });
      opened.push(manager);
      return manager;
    },
    select: (sql) => connection.query(sql, { type: QueryTypes.SELECT }),
    async remove() {
      await Promise.all(opened.map((manager) => manager.close()));
      if (!database.storagePath) {
        await connection.query(`DROP TABLE IF EXISTS ${tableName}`);
        await connection.query(`DROP TABLE IF EXISTS ${tableName}_imported`);
      }
      await connection.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function urlOf(connection: Sequelize): string {
  const { host, port, username, password, database } = connection.config;
  const url = new URL(`${connection.getDialect()}://${host}:${port}/${database}`);
  url.username = username;
  url.password = password ?? '';
  return url.href;
}
