import type { Ending, RemovedSession } from '../../manager/session-store.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Connection, Parameters } from '../drivers/driver.js';
import { inTransaction } from '../execution/transaction.js';
import { REMOVED, toRemovedSession } from './delete-returning.js';
import { limitedColumns } from '../table/read-limits.js';

/**
 * Returns the statement that ends the sessions of a condition. Each session is ended once: whatever has ended does not match.
 * A row that is kept has no data any more, and its expiry never grows, so that no renewal finds anything to extend.
 * Parameters: `endingParameters`.
 */
export function endingSql(
  { name, dialect }: SessionTable,
  { keepsRow }: Ending,
  condition: string,
): string {
  const expiry = `${dialect.least}(expires_at, $now)`;
  // In this order: MariaDB assigns from left to right.
  const verb = keepsRow
    ? `UPDATE ${name} SET sweep_after = ${expiry}, expires_at = ${expiry}, end_reason = $reason, data = ''`
    : `DELETE FROM ${name}`;
  return `${verb} WHERE ${condition} AND end_reason = ''`;
}

/** Returns the parameters of `endingSql`. */
export function endingParameters({ reason, now, keepsRow }: Ending): Parameters {
  return keepsRow ? { reason, now } : {};
}

/** Returns whether the database returns the rows that such a statement ends. */
export function endingReturns({ dialect }: SessionTable, { keepsRow }: Ending): boolean {
  return keepsRow ? dialect.updateReturning : dialect.deleteReturning;
}

/**
 * Ends the sessions that match a condition. Returns only sessions that this call ended, even if others end some too.
 *
 * @param lane whose endings wait for each other on MariaDB and MySQL, such as a user's: nobody else's are held up
 */
export async function endReturning(
  table: SessionTable,
  condition: string,
  parameters: Parameters,
  ending: Ending,
  lane: string,
): Promise<RemovedSession[]> {
  if (endingReturns(table, ending)) {
    const all = { ...parameters, ...endingParameters(ending) };
    const rows = await table.executor.changeReturning(returningSql(table, condition, ending), all);
    return rows.map(toRemovedSession);
  }
  return table.executor.exclusively(`removal ${lane}`, (connection) =>
    inTransaction(connection, 'START TRANSACTION', () =>
      endReturningOn(connection, table, condition, parameters, ending),
    ),
  );
}

/** The same on a connection. On MariaDB and MySQL it must be in a transaction. */
export async function endReturningOn(
  connection: Connection,
  table: SessionTable,
  condition: string,
  parameters: Parameters,
  ending: Ending,
): Promise<RemovedSession[]> {
  const all = { ...parameters, ...endingParameters(ending) };
  if (endingReturns(table, ending)) {
    const rows = await connection.rows(returningSql(table, condition, ending), all);
    return rows.map(toRemovedSession);
  }
  const locking = `SELECT id, user_id FROM ${table.name} WHERE ${condition} AND end_reason = '' FOR UPDATE`;
  const rows = await connection.rows(locking, parameters);
  if (rows.length > 0) {
    await connection.count(endingSql(table, ending, condition), all);
  }
  return rows.map(toRemovedSession);
}

const returningSql = (table: SessionTable, condition: string, ending: Ending): string =>
  `${endingSql(table, ending, condition)} RETURNING ${limitedColumns(table.dialect, REMOVED)}`;
