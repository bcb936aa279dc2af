import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { DIALECTS, getDialect, type Dialect } from '../drivers/dialect.js';
import { nodeSqliteOf } from '../drivers/node-sqlite/dialect-module.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { isInMemory } from '../drivers/sequelize-internals.js';
import { openHandle } from '../drivers/sqlite/sqlite-handles.js';
import { isGaleraNode } from './galera-node.js';

/**
 * Returns the dialect of the server: each driver of MariaDB and MySQL reaches servers of both.
 *
 * @throws SessionsConfigurationError if the server is a node of a Galera cluster on which reads can't be causal
 */
export async function serverDialect(sequelize: Sequelize): Promise<Dialect> {
  const dialect = getDialect(sequelize);
  if (dialect.name !== 'mariadb' && dialect.name !== 'mysql') {
    return dialect;
  }
  const isMariaDb = (await versionOf(sequelize)).includes('MariaDB');
  const server = isMariaDb ? DIALECTS.mariadb : DIALECTS.mysql;
  return { ...server, isGalera: await isGaleraNode(sequelize, server) };
}

/** @throws SessionsConfigurationError if the database is of a version that can't keep sessions */
export async function requireVersion(sequelize: Sequelize, { name }: Dialect): Promise<void> {
  if (name === 'mariadb') {
    requireJsonTable(await versionOf(sequelize));
  } else if (name === 'sqlite' && !isInMemory(sequelize)) {
    // A query on a file that is missing would never end.
    await openHandle(sequelize);
    const upgrade = nodeSqliteOf(sequelize) ? 'Node' : 'the package sqlite3 to 6.0.1 or newer';
    requireSafeWal(await versionOf(sequelize, 'sqlite_version()'), upgrade);
  }
}

/** MariaDB before 10.6 has no `JSON_TABLE`, which lookups need. */
function requireJsonTable(version: string): void {
  const [, major, minor] = /^(\d+)\.(\d+)\..*MariaDB/.exec(version) ?? [];
  if (Number(major) < 10 || (major === '10' && Number(minor) < 6)) {
    throw new SessionsConfigurationError(
      `The server is MariaDB ${major}.${minor}, and sessions need 10.6 or newer. Upgrade it.`,
    );
  }
}

/** The first releases of each branch in which a write to a WAL file can't be lost (the WAL-reset bug, https://sqlite.org/wal.html). */
const SAFE_WAL = { '3.44': 6, '3.50': 7, '3.51': 3 } as Readonly<Record<string, number>>;

/** SQLite before 3.51.3 can lose acknowledged writes if several connections use one file. */
function requireSafeWal(version: string, upgrade: string): void {
  const [, branch = '', minor, patch] = /^(3\.(\d+))\.(\d+)/.exec(version) ?? [];
  if (Number(minor) < 52 && !(Number(patch) >= (SAFE_WAL[branch] ?? Infinity))) {
    throw new SessionsConfigurationError(
      `SQLite is ${version}, which can lose sessions that were written: its write-ahead log has a bug that 3.51.3 ` +
        `fixes. Upgrade ${upgrade}.`,
    );
  }
}

async function versionOf(sequelize: Sequelize, version = 'VERSION()'): Promise<string> {
  const [row] = await sequelize.query<{ version: string }>(`SELECT ${version} AS version`, {
    ...STATEMENT_OPTIONS,
    type: QueryTypes.SELECT,
  });
  return row!.version;
}
