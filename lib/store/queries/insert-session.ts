import { SessionConflictError } from '../../common/session-error.js';
import type {
  CarriedVersion,
  Ending,
  Insertion,
  InsertScope,
  IssuedRow,
  RemovedSession,
  TokenCredential,
} from '../../manager/session-store.js';
import type { SessionRow } from '../../manager/session-row.js';
import { findSessionsSql } from './find-sessions.sql.js';
import { endOwned, NO_SURPLUS, surplusBeside } from './session-limit.js';
import { withAdvisoryLock } from '../execution/advisory-lock.js';
import { endWithActing } from './end-linked.js';
import { endingParameters, endingSql } from './end-sessions.js';
import { ENDABLE, endableParameters, insertStatement } from './statements.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Connection } from '../drivers/driver.js';
import { isDuplicateKey } from '../execution/store-error.js';

/**
 * Adds a row and ends the sessions that it replaces, as `SessionStore.insert` describes. If it can replace none, it sends
 * one INSERT, else a transaction under a lock. See docs/adr/0011-a-login-takes-a-place-or-nothing.md.
 */
export async function insertSession<Issued extends IssuedRow>(
  table: SessionTable,
  issue: (newest: SessionRow | undefined) => Issued,
  { replaced, limited, keepsRows, carriedId, mark }: InsertScope,
): Promise<Insertion<Issued> | undefined> {
  try {
    const key = limited?.userId ?? replaced[0]?.id;
    if (key === undefined) {
      const issued = issue(undefined);
      const { sql, parameters } = insertStatement(table, issued.row, mark);
      await table.executor.change(sql, parameters);
      return { issued, evicted: [], hasMore: false, replaced: [] };
    }
    return await withAdvisoryLock(table, key, async (connection) => {
      const newest =
        carriedId === undefined ? undefined : await readRow(connection, table, carriedId);
      const issued = issue(newest);
      const { carried } = issued;
      const replacedIds = await endable(connection, table.name, replaced, issued.condition.now);
      const { sessions: surplus, hasMore } = limited
        ? await surplusBeside(connection, table, limited, replacedIds, issued.condition)
        : NO_SURPLUS;
      const { now } = issued.condition;
      const replacing: Ending = { reason: 'replaced', now, keepsRow: keepsRows };
      const gone: RemovedSession[] = [];
      if (carried) {
        // Before the insert: in memory there is no transaction, so a change of its data must find it ended from here on.
        await endAtVersion(connection, table, carried, replacedIds, replacing);
        replacedIds.delete(carried.id);
        gone.push(unreadSession(carried.id));
      }
      // Before the others are ended: in memory there is no transaction, so a failure here must end none of them.
      const insert = insertStatement(table, issued.row, mark);
      await connection.count(insert.sql, insert.parameters);
      for (const id of replacedIds) {
        // By the id alone, even if it was rotated meanwhile: it was not counted against the limit.
        gone.push(...(await endById(connection, table, id, replacing)));
      }
      const evicting: Ending = { ...replacing, reason: 'evicted' };
      const evicted = limited ? await endOwned(connection, table, surplus, limited, evicting) : [];
      return { issued, evicted, hasMore, replaced: gone };
    });
  } catch (error) {
    if (isDuplicateKey(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Ends a session, and the one in which its agent acts. Returns those that this call ended. */
async function endById(
  connection: Connection,
  table: SessionTable,
  id: string,
  ending: Ending,
): Promise<RemovedSession[]> {
  const condition = 'id = $id';
  const parameters = { id };
  const sql = endingSql(table, ending, condition);
  const endUnlinked = async () => {
    const isEnded = (await connection.count(sql, { id, ...endingParameters(ending) })) > 0;
    return isEnded ? [unreadSession(id)] : [];
  };
  const endings = { condition, parameters, ending, endUnlinked };
  return endWithActing(connection, table, endings, 1);
}

/** Returns a session that was ended and not read. */
const unreadSession = (id: string): RemovedSession => ({ id, userId: null, actorId: null });

/** Reads in the turn of the insert, so that little time is left in which the session can change. */
async function readRow(
  connection: Connection,
  table: SessionTable,
  id: string,
): Promise<SessionRow | undefined> {
  const { select, toRow } = findSessionsSql(table);
  const { sql, parameters } = select([id]);
  const [columns] = await connection.rows(sql, parameters);
  return columns && toRow(columns);
}

/**
 * Ends the session whose data the new one has. An update of it that was committed earlier has another version, and one that
 * comes later finds an ended session.
 *
 * @throws SessionConflictError if it has another version, or can't be ended any more
 */
async function endAtVersion(
  connection: Connection,
  table: SessionTable,
  { id, version }: CarriedVersion,
  endableIds: ReadonlySet<string>,
  ending: Ending,
): Promise<void> {
  const sql = endingSql(table, ending, 'id = $id AND version = $version');
  const parameters = { id, version, ...endingParameters(ending) };
  if (!endableIds.has(id) || (await connection.count(sql, parameters)) === 0) {
    throw new SessionConflictError(
      'The session whose data is carried over changed or ended at the same moment, so none was created. Try again.',
    );
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
): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const credential of credentials) {
    const sql = `SELECT id FROM ${name} WHERE ${ENDABLE} AND end_reason = ''`;
    if ((await connection.rows(sql, endableParameters(credential, now))).length > 0) {
      ids.add(credential.id);
    }
  }
  return ids;
}
