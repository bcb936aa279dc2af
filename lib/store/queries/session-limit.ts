import { SessionLimitError } from '../../common/session-error.js';
import type {
  Ending,
  LiveCondition,
  RemovedSession,
  Surplus,
  UserSessionLimit,
} from '../../manager/session-store.js';
import { withAdvisoryLock } from '../execution/advisory-lock.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Columns, Connection, Statement } from '../drivers/driver.js';
import { limitedColumns } from '../table/read-limits.js';
import { REMOVED, toRemovedSession } from './endings/delete-returning.js';
import { endWithActing } from './endings/end-linked.js';
import { endReturningOn } from './endings/end-sessions.js';
import { idLists } from './id-list.js';
import { ALIVE, liveParameters } from './statements.js';

/** Maximum number of sessions that one transaction evicts, so that none takes long even if a user has thousands. */
const SLICE = 512;

export const NO_SURPLUS: Surplus = { sessions: [], hasMore: false };

/** Returns the SELECT of the rows that `surplusBeside` needs. */
export const oldestBeside = (
  table: SessionTable,
  limit: UserSessionLimit,
  condition: LiveCondition,
): Statement => oldest(table, limit, limit.max - 1 + SLICE, condition);

/**
 * Returns the user's oldest live sessions that exceed the limit with a new one, not counting those that it replaces.
 *
 * @param rows those of `oldestBeside`
 * @throws SessionLimitError if there are any, and they must not be evicted
 */
export function surplusBeside(
  rows: readonly Columns[],
  limit: UserSessionLimit,
  replacedIds: ReadonlySet<string>,
): Surplus {
  const live = rows.map(toRemovedSession).filter(({ id }) => !replacedIds.has(id));
  const sessions = live.slice(0, Math.max(0, live.length + 1 - limit.max));
  if (sessions.length > 0 && !limit.evictOldest) {
    throw new SessionLimitError(
      `The user already has the maximum of ${limit.max} sessions, or more, so none was created. Some must end first.`,
    );
  }
  return { sessions, hasMore: rows.length === limit.max - 1 + SLICE };
}

/** Ends some of the user's oldest sessions that exceed the limit, in one short transaction under the user's lock. */
export async function endSurplus(
  table: SessionTable,
  limit: UserSessionLimit,
  condition: LiveCondition,
  ending: Ending,
): Promise<Surplus> {
  return withAdvisoryLock(table, limit.userId, async (connection) => {
    const { sql, parameters } = oldest(table, limit, limit.max + SLICE, condition);
    const rows = await connection.rows(sql, parameters);
    const surplus = rows.slice(0, Math.max(0, rows.length - limit.max)).map(toRemovedSession);
    const sessions = await endOwned(connection, table, surplus, limit, ending);
    return { sessions, hasMore: rows.length === limit.max + SLICE };
  });
}

/**
 * Ends those of these sessions that are still the user's, and returns them: another call may have moved one. Acting sessions
 * that end with them come last.
 */
export async function endOwned(
  connection: Connection,
  table: SessionTable,
  sessions: readonly RemovedSession[],
  { userId }: UserSessionLimit,
  ending: Ending,
): Promise<RemovedSession[]> {
  const ended = new Map<string, RemovedSession>();
  for (const list of idLists(sessions.map(({ id }) => id))) {
    const condition = `id IN (${list.sql}) AND user_id = $userId`;
    const parameters = { ...list.parameters, userId };
    const endUnlinked = () => endReturningOn(connection, table, condition, parameters, ending);
    const endings = { condition, parameters, ending, endUnlinked };
    const rows = await endWithActing(connection, table, endings, list.count);
    rows.forEach((session) => ended.set(session.id, session));
  }
  const inOrder = sessions.filter(({ id }) => ended.has(id));
  inOrder.forEach(({ id }) => ended.delete(id));
  return [...inOrder, ...ended.values()];
}

/**
 * Sessions in which an agent acts as the user do not count. The limit is written into the SQL, since it depends on an option
 * only, and the index then ends the search.
 */
function oldest(
  { name, dialect }: SessionTable,
  { userId }: UserSessionLimit,
  limit: number,
  condition: LiveCondition,
): Statement {
  const sql =
    `SELECT ${limitedColumns(dialect, REMOVED)} FROM ${name} WHERE user_id = $userId AND ${ALIVE} AND actor_id IS NULL ` +
    `ORDER BY ${name}.created_at, ${name}.id LIMIT ${limit}`;
  return { sql, parameters: { userId, ...liveParameters(condition) } };
}
