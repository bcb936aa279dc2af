import type { RemovedSession } from '../../manager/session-store.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Columns, Connection, Parameters } from '../drivers/driver.js';
import { limitedColumns } from '../table/read-limits.js';
import { inTransaction } from '../execution/transaction.js';

/**
 * Deletes the rows that match a condition. Returns only rows that this call deleted, even if others delete some too.
 *
 * @param lane whose removals wait for each other on MySQL, such as a user's: nobody else's are held up
 */
export async function deleteReturning(
  table: SessionTable,
  where: string,
  parameters: Parameters,
  lane: string,
): Promise<RemovedSession[]> {
  const { dialect, executor } = table;
  if (dialect.deleteReturning) {
    const rows = await executor.changeReturning(returningSql(table, where), parameters);
    return rows.map(toRemovedSession);
  }
  return executor.exclusively(`removal ${lane}`, (connection) =>
    inTransaction(connection, 'START TRANSACTION', () =>
      deleteReturningOn(connection, table, where, parameters),
    ),
  );
}

/** The same on a connection. On MySQL it must be in a transaction. */
export async function deleteReturningOn(
  connection: Connection,
  table: SessionTable,
  where: string,
  parameters: Parameters,
): Promise<RemovedSession[]> {
  const { dialect, name } = table;
  if (dialect.deleteReturning) {
    const rows = await connection.rows(returningSql(table, where), parameters);
    return rows.map(toRemovedSession);
  }
  const locking = `SELECT id, user_id FROM ${name} ${where} FOR UPDATE`;
  const rows = await connection.rows(locking, parameters);
  await connection.count(`DELETE FROM ${name} ${where}`, parameters);
  return rows.map(toRemovedSession);
}

const returningSql = ({ dialect, name }: SessionTable, where: string): string =>
  `DELETE FROM ${name} ${where} RETURNING ${limitedColumns(dialect, REMOVED)}`;

/** The columns of a `RemovedSession`. */
export const REMOVED = ['id', 'user_id'];

export function toRemovedSession(columns: Columns): RemovedSession {
  return { id: columns['id'] as string, userId: columns['user_id'] as string | null };
}
