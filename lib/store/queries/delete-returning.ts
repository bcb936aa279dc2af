import type { DeletedSession, RemovedSession } from '../../manager/session-store.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Columns, Parameters } from '../drivers/driver.js';
import { limitedColumns } from '../table/read-limits.js';
import { inTransaction } from '../execution/transaction.js';

/**
 * Deletes the rows that match a condition. Returns only rows that this call deleted, even if others delete some too.
 *
 * @param lane whose deletions wait for each other on MySQL, such as a user's: nobody else's are held up
 */
export async function deleteReturning(
  { name, dialect, executor }: SessionTable,
  condition: string,
  parameters: Parameters,
  lane: string,
): Promise<DeletedSession[]> {
  const sql = `DELETE FROM ${name} WHERE ${condition}`;
  if (dialect.deleteReturning) {
    const returned = limitedColumns(dialect, DELETED);
    const rows = await executor.changeReturning(`${sql} RETURNING ${returned}`, parameters);
    return rows.map(toDeletedSession);
  }
  return executor.exclusively(`removal ${lane}`, (connection) =>
    inTransaction(connection, 'START TRANSACTION', async () => {
      const locking = `SELECT ${DELETED.join(', ')} FROM ${name} WHERE ${condition} FOR UPDATE`;
      const rows = await connection.rows(locking, parameters);
      await connection.count(sql, parameters);
      return rows.map(toDeletedSession);
    }),
  );
}

/** The columns of a `RemovedSession`. */
export const REMOVED = ['id', 'user_id'];

/** The columns of a `DeletedSession`. */
const DELETED = [...REMOVED, 'end_reason'];

export function toRemovedSession(columns: Columns): RemovedSession {
  return { id: columns['id'] as string, userId: columns['user_id'] as string | null };
}

function toDeletedSession(columns: Columns): DeletedSession {
  return { ...toRemovedSession(columns), hadEnded: columns['end_reason'] !== '' };
}
