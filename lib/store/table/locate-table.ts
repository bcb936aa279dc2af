import { QueryTypes, type Sequelize } from 'sequelize';
import {
  bareTable,
  databaseOf,
  getDialect,
  quotedTable,
  type Dialect,
  type TableName,
} from '../drivers/dialect.js';
import type { Parameters } from '../drivers/driver.js';
import { STATEMENT_OPTIONS } from '../drivers/query-options.js';

/**
 * Adds the schema on PostgreSQL, and the database on MariaDB and MySQL. Otherwise each statement finds the table by the
 * `search_path` or the `USE` of its connection, which the application can change.
 */
export async function locateTable(sequelize: Sequelize, table: TableName): Promise<TableName> {
  switch (getDialect(sequelize).name) {
    case 'sqlite':
      return table;
    case 'postgres':
      return addSchema(sequelize, table);
    default:
      return databaseOf(table) === null ? addDatabase(sequelize, table) : table;
  }
}

/** A table that does not exist yet has no schema. */
async function addSchema(sequelize: Sequelize, table: TableName): Promise<TableName> {
  const dialect = getDialect(sequelize);
  const [row] = await sequelize.query<{ schema: string }>(
    'SELECT nspname AS schema FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace ' +
      'WHERE pg_class.oid = to_regclass($table)',
    {
      ...STATEMENT_OPTIONS,
      bind: { table: quotedTable(dialect, table) },
      type: QueryTypes.SELECT,
    },
  );
  return row ? { tableName: bareTable(dialect, table), schema: row.schema } : table;
}

/** A connection can have no database; then it can't have the table either. */
async function addDatabase(sequelize: Sequelize, table: TableName): Promise<TableName> {
  const [row] = await sequelize.query<{ name: string | null }>('SELECT DATABASE() AS name', {
    ...STATEMENT_OPTIONS,
    type: QueryTypes.SELECT,
  });
  const database = row?.name;
  return database
    ? { tableName: bareTable(getDialect(sequelize), table), schema: '', database }
    : table;
}

/** Returns the parameters by which a query of the database's catalog finds the table. */
export function catalogParameters(dialect: Dialect, table: TableName): Parameters {
  switch (dialect.name) {
    case 'sqlite':
      return { table: bareTable(dialect, table) };
    case 'postgres':
      return { table: quotedTable(dialect, table) };
    default:
      return { table: bareTable(dialect, table), database: databaseOf(table) };
  }
}

/** The condition of the table in `information_schema` of MariaDB and MySQL. Parameters: `catalogParameters`. */
export const IS_MYSQL_TABLE =
  'table_schema = COALESCE($database, DATABASE()) AND table_name = $table';
