import type { RemovedSession } from '../../manager/session-store.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Columns, Parameters } from '../drivers/driver.js';
import { limitedColumns } from '../table/read-limits.js';
import { inTransaction } from '../execution/transaction.js';

/**
 * Deletes the rows that match a condition. Returns only rows that this call deleted, even if others delete some too.
 *
 * @param lane whose removals wait for each other on MySQL, such as a user's: nobody else's are held up
 */
export async function deleteReturning(
  { dialect, name, executor }: SessionTable,
  where: string,
  parameters: Parameters,
  lane: string,
): Promise<RemovedSession[]> {
  if (dialect.deleteReturning) {
    const sql = `DELETE FROM ${name} ${where} RETURNING ${limitedColumns(dialect, REMOVED)}`;
    return (await executor.changeReturning(sql, parameters)).map(toRemovedSession);
  }
  return executor.exclusively(`removal ${lane}`, (connection) =>
    inTransaction(connection, 'START TRANSACTION', async () => {
      const locking = `SELECT id, user_id FROM ${name} ${where} FOR UPDATE`;
      const rows = await connection.rows(locking, parameters);
      await connection.count(`DELETE FROM ${name} ${where}`, parameters);
      return rows.map(toRemovedSession);
    }),
  );
}

/** The columns of a `RemovedSession`. */
export const REMOVED = ['id', 'user_id'];

export function toRemovedSession(columns: Columns): RemovedSession {
  return { id: columns['id'] as string, userId: columns['user_id'] as string | null };
}
