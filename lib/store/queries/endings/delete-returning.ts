import type { DeletedSession, RemovedSession } from '../../../manager/session-store.js';
import type { SessionTable } from '../../execution/session-table.js';
import type { Columns, Parameters } from '../../drivers/driver.js';
import { changeReturning } from '../change-returning.js';

/** Deletes the rows that match a condition. For the lane, see `changeReturning`. */
export async function deleteReturning(
  table: SessionTable,
  where: string,
  parameters: Parameters,
  lane: string,
): Promise<DeletedSession[]> {
  const sql = `DELETE FROM ${table.name} WHERE ${where}`;
  const returns = table.dialect.deleteReturning;
  const deletion = { sql, parameters, where, columns: DELETED, returns };
  return (await changeReturning(table, deletion, lane)).map(toDeletedSession);
}

/** The columns of a `RemovedSession`. */
export const REMOVED = ['id', 'user_id', 'actor_id'];

/** The columns of a `DeletedSession`. */
const DELETED = [...REMOVED, 'end_reason'];

export function toRemovedSession(columns: Columns): RemovedSession {
  return {
    id: columns['id'] as string,
    userId: columns['user_id'] as string | null,
    actorId: columns['actor_id'] as string | null,
  };
}

function toDeletedSession(columns: Columns): DeletedSession {
  return { ...toRemovedSession(columns), hadEnded: columns['end_reason'] !== '' };
}
