import { bareTable, quotedTable, type Dialect, type TableName } from '../drivers/dialect.js';
import { derivedName } from './derived-name.js';

/**
 * The table by which logins of one user take turns on a Galera cluster. `GET_LOCK` is local to a node there, but the
 * cluster notices if two nodes changed the same row. Each user has one slot, which is a row; several users can share a slot.
 */
export function turnsTable(dialect: Dialect, table: TableName): TableName {
  const tableName = derivedName(bareTable(dialect, table), 'turns');
  return typeof table === 'string' ? tableName : { ...table, tableName, schema: '' };
}

/** Returns the statement that creates the table if it is missing. */
export function turnsStatement(dialect: Dialect, table: TableName): string {
  const name = quotedTable(dialect, turnsTable(dialect, table));
  return (
    `CREATE TABLE IF NOT EXISTS ${name} (\n  slot SMALLINT UNSIGNED NOT NULL PRIMARY KEY,\n` +
    '  turn BIGINT UNSIGNED NOT NULL\n) ENGINE=InnoDB'
  );
}
