import type { Sequelize } from 'sequelize';
import { SessionsConfigurationError } from '../../common/session-error.js';

/** The databases that can store sessions. */
export type DialectName = 'sqlite' | 'postgres' | 'mariadb' | 'mysql';

/** What differs between the databases. */
export interface Dialect {
  readonly name: DialectName;
  /** Names of the scalar functions that return the larger and the smaller of two numbers. */
  readonly greatest: string;
  readonly least: string;
  /** Whether a DELETE can return the rows that it deleted. */
  readonly deleteReturning: boolean;
  /** Whether an UPDATE can return the rows that it changed. */
  readonly updateReturning: boolean;
  /** Whether the server is a node of a Galera cluster, where another node can be a moment behind. */
  readonly isGalera: boolean;
  quote(identifier: string): string;
}

const GREATEST = { greatest: 'GREATEST', least: 'LEAST' };
const doubleQuoted = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`;
const backticked = (identifier: string) => `\`${identifier.replaceAll('`', '``')}\``;

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  // Double quotes: Sequelize sends a PRAGMA before every SELECT from an SQLite table in backticks.
  sqlite: {
    name: 'sqlite',
    greatest: 'MAX',
    least: 'MIN',
    deleteReturning: true,
    updateReturning: true,
    isGalera: false,
    quote: doubleQuoted,
  },
  postgres: {
    name: 'postgres',
    ...GREATEST,
    deleteReturning: true,
    updateReturning: true,
    isGalera: false,
    quote: doubleQuoted,
  },
  mariadb: {
    name: 'mariadb',
    ...GREATEST,
    deleteReturning: true,
    updateReturning: false,
    isGalera: false,
    quote: backticked,
  },
  mysql: {
    name: 'mysql',
    ...GREATEST,
    deleteReturning: false,
    updateReturning: false,
    isGalera: false,
    quote: backticked,
  },
};

/** Returns the dialect of a connection; throws `SessionsConfigurationError` if it can't store sessions. */
export function getDialect(sequelize: Sequelize): Dialect {
  const dialect = (DIALECTS as Readonly<Record<string, Dialect>>)[sequelize.getDialect()];
  if (!dialect) {
    throw new SessionsConfigurationError(
      `Sessions can't be stored in a "${sequelize.getDialect()}" database. ` +
        `Use one of: ${Object.keys(DIALECTS).join(', ')}.`,
    );
  }
  return dialect;
}

/** A table's name as `Model.getTableName()` returns it; on MariaDB and MySQL, after the start, with its database. */
export type TableName =
  string | { readonly tableName: string; readonly schema: string; readonly database?: string };

/** Returns the table's name without quotes. Only PostgreSQL has schemas; elsewhere Sequelize puts them into the name. */
export function bareTable(dialect: Dialect, table: TableName): string {
  if (typeof table === 'string') {
    return table;
  }
  return table.schema && dialect.name !== 'postgres'
    ? `${table.schema}.${table.tableName}`
    : table.tableName;
}

/** Returns the table's name for a message. */
export function shownTable(dialect: Dialect, table: TableName): string {
  return quotedTable(dialect, table).replaceAll(/["`]/g, '');
}

/** Returns the database of a table that `locateTable` found on MariaDB or MySQL; `null` for any other. */
export function databaseOf(table: TableName): string | null {
  return (typeof table === 'object' && table.database) || null;
}

/** Returns the table's name, quoted for SQL, with the schema or the database that it is in. */
export function quotedTable(dialect: Dialect, table: TableName): string {
  const name = dialect.quote(bareTable(dialect, table));
  const isInSchema = dialect.name === 'postgres' && typeof table === 'object';
  const place = isInSchema ? table.schema : databaseOf(table);
  return place ? `${dialect.quote(place)}.${name}` : name;
}
