import { SessionLimitError } from '../../common/session-error.js';
import type {
  Insertion,
  InsertScope,
  IssuedRow,
  LiveCondition,
  RemovedSession,
  TokenCredential,
} from '../../manager/session-store.js';
import { REMOVED, toRemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import { limitedColumns } from '../table/read-limits.js';
import { withAdvisoryLock } from '../execution/advisory-lock.js';
import {
  ALIVE,
  ENDABLE,
  endableParameters,
  insertStatement,
  liveParameters,
} from './statements.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Connection } from '../drivers/driver.js';
import { isDuplicateKey } from '../execution/store-error.js';

/**
 * Adds a row and ends the sessions that it replaces, as `SessionStore.insert` describes. If it can replace none, it sends
 * one INSERT, else a transaction under a lock. See docs/adr/0011-a-login-takes-a-place-or-nothing.md.
 */
export async function insertSession<Issued extends IssuedRow>(
  table: SessionTable,
  issue: () => Issued,
  { replaced, limited }: InsertScope,
): Promise<Insertion<Issued> | undefined> {
  try {
    const key = limited?.userId ?? replaced[0]?.id;
    if (key === undefined) {
      const issued = issue();
      const { sql, parameters } = insertStatement(table, issued.row);
      await table.executor.change(sql, parameters);
      return { issued, evicted: [], replaced: [] };
    }
    return await withAdvisoryLock(table, key, async (connection) => {
      const issued = issue();
      const ending = await endable(connection, table.name, replaced, issued.condition.now);
      const evicted = limited
        ? await surplus(connection, table, limited, ending, issued.condition)
        : [];
      // Before the others are deleted: in memory there is no transaction, so a failure here must end none of them.
      const insert = insertStatement(table, issued.row);
      await connection.count(insert.sql, insert.parameters);
      const gone: string[] = [];
      for (const id of ending) {
        // By the id alone, even if it was rotated meanwhile: it was not counted against the limit.
        if (await connection.count(`DELETE FROM ${table.name} WHERE id = $id`, { id })) {
          gone.push(id);
        }
      }
      for (const { sql, parameters } of idLists(evicted.map(({ id }) => id))) {
        await connection.count(`DELETE FROM ${table.name} WHERE id IN (${sql})`, parameters);
      }
      return { issued, evicted, replaced: gone };
    });
  } catch (error) {
    if (isDuplicateKey(error)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Returns the ids of the sessions that these credentials can end. A session that was rotated twice since the request's
 * lookup is not among them: it stays live, so it counts.
 */
async function endable(
  connection: Connection,
  name: string,
  credentials: readonly TokenCredential[],
  now: number,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const credential of credentials) {
    const sql = `SELECT id FROM ${name} WHERE ${ENDABLE}`;
    if ((await connection.rows(sql, endableParameters(credential, now))).length > 0) {
      ids.add(credential.id);
    }
  }
  return ids;
}

/**
 * Returns the user's oldest live sessions that exceed the limit with the new one, not counting those that it replaces.
 *
 * @throws SessionLimitError if there are any, and they must not be evicted
 */
async function surplus(
  connection: Connection,
  { name, dialect }: SessionTable,
  { userId, max, evictOldest }: NonNullable<InsertScope['limited']>,
  replacedIds: ReadonlySet<string>,
  condition: LiveCondition,
): Promise<RemovedSession[]> {
  const sql =
    `SELECT ${limitedColumns(dialect, REMOVED)} FROM ${name} WHERE user_id = $userId AND ${ALIVE} ` +
    `ORDER BY ${name}.created_at, ${name}.id`;
  const live = (await connection.rows(sql, { userId, ...liveParameters(condition) }))
    .map(toRemovedSession)
    .filter(({ id }) => !replacedIds.has(id));
  const evicted = live.slice(0, Math.max(0, live.length + 1 - max));
  if (evicted.length > 0 && !evictOldest) {
    throw new SessionLimitError(
      `The user already has ${max} sessions, the maximum, so none was created.`,
    );
  }
  return evicted;
}
