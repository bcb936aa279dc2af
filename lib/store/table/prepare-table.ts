import { QueryTypes, type Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';
import { getDialect, shownTable, type Dialect, type TableName } from '../drivers/dialect.js';
import { openHandle } from '../drivers/sqlite/sqlite-handles.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';
import { isReadOnly } from '../execution/store-error.js';
import { catalogParameters, IS_MYSQL_TABLE, locateTable } from './locate-table.js';
import { isLegacyTable } from './legacy-table.js';
import { requireVersion } from '../checks/server-version.js';
import { createStatements } from './migration/create-statements.js';
import { COLUMNS, upgradeStatements } from './ddl.js';
import { turnsStatement, turnsTable } from './turns.js';

/** An arbitrary number; no other library of the application may lock on it. */
const POSTGRES_LOCK = 7_274_689_013;

/**
 * Creates the table and its indexes if they are missing; safe if several processes do it at once.
 *
 * @param dialect the dialect of the server, whichever driver connects to it
 */
export async function createSessionTable(
  sequelize: Sequelize,
  dialect: Dialect,
  table: TableName,
): Promise<void> {
  await createWhereMissing(sequelize, createStatements(dialect, table));
}

/** Runs `CREATE … IF NOT EXISTS` statements. None fails, even if several processes run it at once. */
export async function createWhereMissing(
  sequelize: Sequelize,
  statements: readonly string[],
): Promise<void> {
  // PostgreSQL runs one string as one transaction. Only there can processes race for the table.
  const strings =
    sequelize.getDialect() === 'postgres'
      ? [[`SELECT pg_advisory_xact_lock(${POSTGRES_LOCK})`, ...statements].join('; ')]
      : statements;
  for (const string of strings) {
    await sequelize.query(string, { ...STATEMENT_OPTIONS, type: QueryTypes.RAW });
  }
}

/**
 * Creates the table if it is missing and `synchronize` is true, and checks that it has all columns. An existing table is
 * never changed.
 *
 * @param dialect the dialect of the server, whichever driver connects to it
 * @returns the table with the schema or the database that it is in
 * @throws SessionsConfigurationError if the table is missing and `synchronize` is false, if it is not a session table of
 * this version, or if the server is too old
 */
export async function prepareSessionTable(
  sequelize: Sequelize,
  dialect: Dialect,
  name: TableName,
  synchronize: boolean,
): Promise<TableName> {
  await requireVersion(sequelize, dialect);
  const table = await locateTable(sequelize, name);
  let columns = await getColumnNames(sequelize, table);
  const shown = shownTable(dialect, table);
  if (columns.length === 0 && synchronize) {
    await createSessionTable(sequelize, dialect, table).catch((error: unknown) => {
      throw isReadOnly(error) ? readOnlyError(shown) : error;
    });
    columns = await getColumnNames(sequelize, table);
  }
  if (columns.length === 0) {
    throw new SessionsConfigurationError(
      `The table ${shown} does not exist. Run the migration that creates it (\`npx nestjs-server-sessions migration ` +
        `--for <tool> --dialect ${dialect.name}\` writes one), or set \`synchronize: true\`.`,
    );
  }
  if (isLegacyTable(columns)) {
    throw new SessionsConfigurationError(
      `The table ${shown} belongs to the package server-sessions, and was not changed. Remove the option ` +
        '`tableName` (or --table), so that sessions get a table of this package. Then copy the old sessions with: ' +
        'npx nestjs-server-sessions import <SQLite file of server-sessions> --to <url|path>',
    );
  }
  const missing = Object.keys(COLUMNS).filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    const upgrade = upgradeStatements(dialect, table, missing).join('; ');
    throw new SessionsConfigurationError(
      `The table ${shown} is not a session table of this version: it has no column ${missing.join(', ')}. ` +
        (upgrade
          ? `Migrate the table: ${upgrade}. It was not changed.`
          : 'Set `tableName` to another name, or migrate the table. It was not changed.'),
    );
  }
  if (dialect.isGalera) {
    await prepareTurns(sequelize, dialect, table, synchronize);
  }
  // This is done again at the end, since the table may have been missing before. The lock of a login is named after the
  // table, so all processes must find the same name.
  return locateTable(sequelize, table);
}

function readOnlyError(table: string): SessionsConfigurationError {
  return new SessionsConfigurationError(
    `The table ${table} does not exist, and it can't be created, since the database is read-only. If it is a replica, set ` +
      '`connection` to the primary.',
  );
}

async function prepareTurns(
  sequelize: Sequelize,
  dialect: Dialect,
  table: TableName,
  synchronize: boolean,
): Promise<void> {
  // Even a CREATE TABLE IF NOT EXISTS of an existing table would end transactions on it.
  if ((await getColumnNames(sequelize, turnsTable(dialect, table))).length > 0) {
    return;
  }
  const create = turnsStatement(dialect, table);
  if (synchronize) {
    await createWhereMissing(sequelize, [create]);
  } else {
    throw new SessionsConfigurationError(
      'The session database is a node of a Galera cluster, which needs one more table to keep the limit of sessions per ' +
        `user. Run: ${create.replaceAll(/\s+/g, ' ')}`,
    );
  }
}

/** Returns the names of the table's columns; none if there is no table of the name that statements use. */
export async function getColumnNames(sequelize: Sequelize, table: TableName): Promise<string[]> {
  const dialect = getDialect(sequelize);
  if (dialect.name === 'sqlite') {
    await openHandle(sequelize);
  }
  const rows = await sequelize.query<{ name: string }>(COLUMNS_OF[dialect.name], {
    ...STATEMENT_OPTIONS,
    bind: catalogParameters(dialect, table),
    type: QueryTypes.SELECT,
  });
  return rows.map(({ name }) => name);
}

const MYSQL_COLUMNS =
  'SELECT column_name AS name FROM information_schema.columns ' + `WHERE ${IS_MYSQL_TABLE}`;

const COLUMNS_OF = {
  // Includes computed columns; none of a view, which can have any number of rows.
  sqlite:
    'SELECT name FROM pragma_table_xinfo($table) WHERE EXISTS ' +
    "(SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $table COLLATE NOCASE)",
  postgres:
    'SELECT attname AS name FROM pg_attribute ' +
    'WHERE attrelid = to_regclass($table) AND attnum > 0 AND NOT attisdropped',
  mariadb: MYSQL_COLUMNS,
  mysql: MYSQL_COLUMNS,
};
