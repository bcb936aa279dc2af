import { statSync } from 'node:fs';
import { QueryTypes } from 'sequelize';
import { isInMemory, storageOf } from '../drivers/sequelize-internals.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { checkWithin } from '../execution/deadline.js';
import type { SessionTable } from '../execution/session-table.js';
import { toStoreError } from '../execution/store-error.js';

/**
 * What distinguishes one table from all others: on PostgreSQL the start of the server, the database and the number of the
 * table; on MariaDB and MySQL the server and the table's name. The nodes of a Galera cluster are different servers here.
 */
const PLACES = {
  postgres: `SELECT CONCAT_WS(' ', pg_postmaster_start_time(), current_database(), to_regclass($table)::oid) AS place`,
  mariadb: "SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir, LOWER($table)) AS place",
  mysql: "SELECT CONCAT_WS(' ', @@hostname, @@port, @@datadir, LOWER($table)) AS place",
} as const;

/**
 * Returns whether two session tables are the same one, even if each has its own connection.
 *
 * @throws SessionStoreError
 */
export async function isSameTable(one: SessionTable, other: SessionTable): Promise<boolean> {
  if (one.dialect.name === 'sqlite' || other.dialect.name === 'sqlite') {
    return one.dialect.name === other.dialect.name && isSameOnSqlite(one, other);
  }
  return (await placeOf(one)) === (await placeOf(other));
}

/** SQLite ignores the case of names. A database in memory belongs to its connection. */
function isSameOnSqlite(one: SessionTable, other: SessionTable): boolean {
  const isSameDatabase =
    one.sequelize === other.sequelize ||
    (fileOf(one) !== undefined && fileOf(one) === fileOf(other));
  return isSameDatabase && one.name.toLowerCase() === other.name.toLowerCase();
}

/** Returns the file of an open database by its device and inode, since a file can have several paths. */
function fileOf({ sequelize }: SessionTable): string | undefined {
  if (isInMemory(sequelize)) {
    return undefined;
  }
  const { dev, ino } = statSync(storageOf(sequelize)!, { bigint: true });
  return `${dev}:${ino}`;
}

async function placeOf({ sequelize, dialect, name, executor }: SessionTable): Promise<string> {
  const sql = PLACES[dialect.name as keyof typeof PLACES];
  const options = { ...STATEMENT_OPTIONS, type: QueryTypes.SELECT as const, bind: { table: name } };
  try {
    const [row] = await checkWithin(executor.timeout, () =>
      sequelize.query<{ place: string }>(sql, options),
    );
    return row!.place;
  } catch (error) {
    throw toStoreError(error, 'read');
  }
}
