import type { Ending, RemovedSession } from '../../../manager/session-store.js';
import type { SessionTable } from '../../execution/session-table.js';
import type { Connection, Parameters } from '../../drivers/driver.js';
import { changeReturning, changeReturningOn, type ReturningChange } from '../change-returning.js';
import { REMOVED, toRemovedSession } from './delete-returning.js';

/**
 * The condition of a session that is not linked to an acting one, so that no other ends with it. An acting session names that
 * of its agent, but does not end it.
 */
export const UNLINKED = '(actor_session_id IS NULL OR actor_id IS NOT NULL)';

/**
 * Returns the statement that ends the sessions of a condition. Each session is ended once: whatever has ended does not match.
 * Sessions that are linked to an acting session do not match either: `endWithActing` ends those.
 * A row that is kept has no data any more, and its expiry never grows, so that no renewal finds anything to extend.
 * Parameters: `endingParameters`.
 *
 * @param link the condition of its link to an acting session
 */
export function endingSql(
  { name, dialect }: SessionTable,
  { keepsRow }: Ending,
  condition: string,
  link = UNLINKED,
): string {
  const expiry = `${dialect.least}(expires_at, $now)`;
  // In this order: MariaDB assigns from left to right.
  const verb = keepsRow
    ? `UPDATE ${name} SET sweep_after = ${expiry}, expires_at = ${expiry}, end_reason = $reason, data = ''`
    : `DELETE FROM ${name}`;
  return `${verb} WHERE ${condition} AND ${link} AND end_reason = ''`;
}

/** Returns the parameters of `endingSql`. */
export function endingParameters({ reason, now, keepsRow }: Ending): Parameters {
  return keepsRow ? { reason, now } : {};
}

/** Returns whether the database returns the rows that such a statement ends. */
export function endingReturns({ dialect }: SessionTable, { keepsRow }: Ending): boolean {
  return keepsRow ? dialect.updateReturning : dialect.deleteReturning;
}

/** Ends the sessions that match a condition and are not linked, and returns them. For the lane, see `changeReturning`. */
export async function endReturning(
  table: SessionTable,
  condition: string,
  parameters: Parameters,
  ending: Ending,
  lane: string,
): Promise<RemovedSession[]> {
  const change = endingChange(table, condition, parameters, ending);
  return (await changeReturning(table, change, lane)).map(toRemovedSession);
}

/** The same on a connection. On MariaDB and MySQL it must be in a transaction. */
export async function endReturningOn(
  connection: Connection,
  table: SessionTable,
  condition: string,
  parameters: Parameters,
  ending: Ending,
): Promise<RemovedSession[]> {
  const change = endingChange(table, condition, parameters, ending);
  return (await changeReturningOn(connection, table, change)).map(toRemovedSession);
}

function endingChange(
  table: SessionTable,
  condition: string,
  parameters: Parameters,
  ending: Ending,
): ReturningChange {
  return {
    sql: endingSql(table, ending, condition),
    parameters: { ...parameters, ...endingParameters(ending) },
    where: `${condition} AND ${UNLINKED} AND end_reason = ''`,
    columns: REMOVED,
    returns: endingReturns(table, ending),
  };
}
