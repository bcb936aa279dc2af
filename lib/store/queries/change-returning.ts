import type { Columns, Connection, Parameters } from '../drivers/driver.js';
import type { SessionTable } from '../execution/session-table.js';
import { onlyInTransaction } from '../execution/open-transaction.js';
import { inTransaction } from '../execution/transaction.js';
import { limitedColumns } from '../table/read-limits.js';
import { idLists } from './id-list.js';

/** A statement that changes rows, and what is returned of them. */
export interface ReturningChange {
  /** The UPDATE or DELETE, which ends with the condition of the rows. */
  readonly sql: string;
  readonly parameters: Parameters;
  /** The condition of the rows. Its parameters are among those of the statement. */
  readonly where: string;
  /** The columns that are returned. If the database returns no rows itself, the id must be one of them. */
  readonly columns: readonly string[];
  /** Whether the database returns rows of such a statement. */
  readonly returns: boolean;
}

/**
 * Changes rows. Returns only rows that this call changed, even if others change some too.
 *
 * @param lane the key of changes that wait for each other if the database returns no rows, such as a user: changes with
 * other keys are not delayed
 */
export async function changeReturning(
  table: SessionTable,
  change: ReturningChange,
  lane: string,
): Promise<Columns[]> {
  if (change.returns) {
    return table.executor.changeReturning(returningSql(table, change), change.parameters);
  }
  return table.executor.exclusively(`removal ${lane}`, (connection) =>
    inTransaction(connection, { begin: ['START TRANSACTION'] }, () =>
      changeReturningOn(onlyInTransaction(connection, table.dialect), table, change),
    ),
  );
}

/** The same on a connection. If the change itself can't return its rows, the connection must be in a transaction. */
export async function changeReturningOn(
  connection: Connection,
  table: SessionTable,
  change: ReturningChange,
): Promise<Columns[]> {
  const { sql, parameters, where, columns, returns } = change;
  if (returns) {
    return connection.rows(returningSql(table, change), parameters);
  }
  const locking = `SELECT ${columns.join(', ')} FROM ${table.name} WHERE ${where} FOR UPDATE`;
  const rows = await connection.rows(locking, parameters);
  // Only these rows are locked. At READ COMMITTED, others can begin to match now, and would be changed without being returned.
  const ids = rows.map(({ id }) => id as string);
  for (const list of idLists(ids, 'locked')) {
    const all = { ...parameters, ...list.parameters };
    await connection.count(`${sql} AND id IN (${list.sql})`, all);
  }
  return rows;
}

const returningSql = ({ dialect }: SessionTable, { sql, columns }: ReturningChange): string =>
  `${sql} RETURNING ${limitedColumns(dialect, columns)}`;
