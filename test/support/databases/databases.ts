import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { init, type InitOptions, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize, type Options } from 'sequelize';
import { chooseSqliteDriver } from '../../../lib/store/drivers/sqlite/choose-sqlite-driver.js';
import { findNodeSqlite } from '../../../lib/store/drivers/node-sqlite/node-sqlite.js';
import { statementsOf } from './statement-listener.js';
import { isChosen, requireKnown } from '../runner/chosen-suites.js';
import { LONG_TIMEOUT_MS } from './long-timeout.js';
import { TestClock } from '../sessions/test-clock.js';

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test';
const MARIADB_URL = process.env['TEST_MARIADB_URL'] ?? 'mariadb://root@127.0.0.1:3306/test';
/** A real MySQL server, which few machines have: its suites exist only if this variable names one. */
const MYSQL_URL = process.env['TEST_MYSQL_URL'];

/** A database that can store sessions, as the tests see it. */
export interface TestDatabase {
  readonly name: string;
  /** Where the embedded database is; `undefined` for the others. */
  readonly storagePath: (() => string) | undefined;
  /** The driver of the embedded database, as an option of `init`; none if it is chosen. */
  readonly driver?: { readonly sqliteDriver: 'node' };
  /** Returns a separate connection; for the embedded database, a second one to the given file. */
  connect(storagePath?: string, options?: Options): Sequelize;
  /** Returns `undefined` if it can be reached, else the reason why not. */
  readonly missing: string | undefined;
}

/** An open manager with its clock, its connection and a log of the statements on that connection. */
export interface TestSessions<T = any> {
  readonly manager: SessionManager<T>;
  readonly clock: TestClock;
  readonly sequelize: Sequelize;
  readonly tableName: string;
  /** Runs `work` and returns the SQL of the statements that the manager's connection sent meanwhile. */
  statementsOf(work: () => Promise<unknown>): Promise<string[]>;
  /** Opens one more manager on the same table, as another process would have it (`:memory:` has one connection only). */
  another(options?: InitOptions<T>): Promise<SessionManager<T>>;
  /** Runs a SELECT. */
  readonly select: (sql: string) => Promise<Record<string, unknown>[]>;
  /** Drops the table and closes everything. */
  close(): Promise<void>;
}

export const embeddedFile: TestDatabase = {
  name: 'SQLite file',
  storagePath: () => join(mkdtempSync(join(tmpdir(), 'sessions-')), 'sessions.sqlite'),
  connect: (storage = ':memory:', options = {}) =>
    new Sequelize({ dialect: 'sqlite', storage, logging: false, ...options }),
  missing: undefined,
};

export const embeddedMemory: TestDatabase = {
  ...embeddedFile,
  name: 'SQLite :memory:',
  storagePath: () => ':memory:',
};

export const nodeSqliteFile: TestDatabase = {
  ...embeddedFile,
  name: 'node:sqlite file',
  driver: { sqliteDriver: 'node' },
  connect: (storage = ':memory:', options = {}) =>
    new Sequelize({
      ...chooseSqliteDriver('node', LONG_TIMEOUT_MS),
      storage,
      logging: false,
      ...options,
    }),
  missing: findNodeSqlite() ? undefined : `Node ${process.versions.node} has no usable node:sqlite`,
};

export const nodeSqliteMemory: TestDatabase = {
  ...nodeSqliteFile,
  name: 'node:sqlite :memory:',
  storagePath: () => ':memory:',
};

/** The embedded files, and those in memory, of both drivers. */
export const EMBEDDED_FILES: readonly TestDatabase[] = [embeddedFile, nodeSqliteFile];
export const IN_MEMORY: readonly TestDatabase[] = [embeddedMemory, nodeSqliteMemory];

/** All databases on which the contract is tested. */
export const DATABASES: readonly TestDatabase[] = [
  embeddedFile,
  embeddedMemory,
  nodeSqliteFile,
  nodeSqliteMemory,
  await server('PostgreSQL', POSTGRES_URL),
  await server('MariaDB', MARIADB_URL),
  await server('MySQL dialect', MARIADB_URL.replace(/^mariadb:/, 'mysql:')),
  ...(MYSQL_URL === undefined
    ? []
    : [
        await server('MySQL', MYSQL_URL),
        await server('MySQL by the driver of MariaDB', MYSQL_URL.replace(/^mysql:/, 'mariadb:')),
      ]),
];

requireKnown(
  'TEST_DATABASES',
  DATABASES.map(({ name }) => name),
);

/** Returns whether a database is a real MySQL server, and not MariaDB. */
export const isMysqlServer = ({ name }: TestDatabase): boolean =>
  name === 'MySQL' || name === 'MySQL by the driver of MariaDB';

/** The databases of them that are servers. */
export const SERVERS = DATABASES.filter((database) => database.storagePath === undefined);

/**
 * Runs a suite on each database. It is skipped, with the reason in its title, if the database is not chosen or not
 * reachable.
 */
export function describeDatabases(
  suite: (database: TestDatabase) => void,
  databases: readonly TestDatabase[] = DATABASES,
): void {
  for (const database of databases) {
    const { name } = database;
    const reason = isChosen('TEST_DATABASES', name) ? database.missing : 'not in TEST_DATABASES';
    if (reason === undefined) {
      describe(name, () => suite(database));
    } else {
      describe.skip(`${name} (skipped: ${reason})`, () => suite(database));
    }
  }
}

/** Opens a manager on a new table, with a clock that stands still until a test moves it. */
export async function openSessions<T = any>(
  database: TestDatabase,
  options: InitOptions<T> = {},
): Promise<TestSessions<T>> {
  const clock = new TestClock();
  const tableName = `test_${randomBytes(6).toString('hex')}`;
  const storagePath = database.storagePath?.();
  const own = storagePath === undefined ? database.connect() : undefined;
  let where: InitOptions<T> = own ? { connection: own } : { storagePath, ...database.driver };
  const opened: SessionManager<T>[] = [];
  const another = async (more: InitOptions<T> = {}) => {
    const manager = await init<T>({
      clock,
      tableName,
      timeout: LONG_TIMEOUT_MS,
      ...where,
      ...options,
      ...more,
    });
    opened.push(manager);
    return manager;
  };
  const [manager, sequelize] = own
    ? [await another(), own]
    : await newestConnection(() => another());
  if (storagePath === ':memory:') {
    where = { connection: sequelize };
  }
  return {
    manager,
    clock,
    sequelize,
    tableName,
    another,
    statementsOf: (work) => statementsOf(sequelize, work),
    select: (sql) => sequelize.query(sql, { type: QueryTypes.SELECT }),
    async close() {
      await Promise.all(opened.map((each) => each.close()));
      await own?.query(`DROP TABLE IF EXISTS ${tableName}`);
      await own?.close();
      if (storagePath !== undefined && storagePath !== ':memory:') {
        rmSync(join(storagePath, '..'), { recursive: true });
      }
    },
  };
}

/** The result of `open`, with the connection that it made. */
async function newestConnection<Result>(open: () => Promise<Result>): Promise<[Result, Sequelize]> {
  const made: Sequelize[] = [];
  const hook = `newest ${randomBytes(4).toString('hex')}`;
  Sequelize.addHook('afterInit', hook, (sequelize: Sequelize) => {
    made.push(sequelize);
  });
  try {
    return [await open(), made.at(-1)!];
  } finally {
    Sequelize.removeHook('afterInit', hook);
  }
}

async function server(name: string, url: string): Promise<TestDatabase> {
  const connect = (_storagePath?: string, options: Options = {}) =>
    new Sequelize(url, {
      logging: false,
      pool: { max: 5 },
      // By default, MariaDB's driver gives up after a second.
      ...(url.startsWith('mariadb:') && { dialectOptions: { connectTimeout: LONG_TIMEOUT_MS } }),
      ...options,
    });
  if (!isChosen('TEST_DATABASES', name)) {
    return { name, storagePath: undefined, connect, missing: 'not among TEST_DATABASES' };
  }
  const probe = connect();
  let missing: string | undefined;
  try {
    await probe.authenticate();
  } catch {
    missing = `no server at ${new URL(url).host}`;
  }
  await probe.close();
  if (missing !== undefined && process.env['REQUIRE_DATABASES'] === '1') {
    throw new Error(`${name}: ${missing}, and REQUIRE_DATABASES=1 requires it.`);
  }
  return { name, storagePath: undefined, connect, missing };
}
