import { SessionConflictError } from '../../common/session-error.js';
import type {
  CarriedVersion,
  Ending,
  Insertion,
  InsertScope,
  IssuedRow,
  RemovedSession,
} from '../../manager/session-store.js';
import type { SessionRow } from '../../manager/session-row.js';
import { findSessionsSql } from './lookups/find-sessions.sql.js';
import { endOwned, NO_SURPLUS, oldestBeside, surplusBeside } from './session-limit.js';
import { withAdvisoryLock } from '../execution/advisory-lock.js';
import { oneInTransaction } from '../execution/open-transaction.js';
import { endWithActing } from './endings/end-linked.js';
import { endingParameters, endingSql } from './endings/end-sessions.js';
import { ENDABLE, endableParameters, insertStatement } from './statements.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Transaction } from '../execution/transaction.js';
import type { Columns, Connection, Statement } from '../drivers/driver.js';
import { isDuplicateKey } from '../execution/store-error.js';

/**
 * Adds a row and ends the sessions that it replaces, as `SessionStore.insert` describes. If it can replace none, it sends
 * one INSERT, else a transaction under a lock. See docs/adr/0011-a-login-takes-a-place-or-nothing.md.
 */
export async function insertSession<Issued extends IssuedRow>(
  table: SessionTable,
  issue: (newest: SessionRow | undefined) => Issued,
  scope: InsertScope,
): Promise<Insertion<Issued> | undefined> {
  const { replaced, limited, keepsRows, mark } = scope;
  try {
    const key = limited?.userId ?? replaced[0]?.id;
    if (key === undefined) {
      const issued = issue(undefined);
      const { sql, parameters } = insertStatement(table, issued.row, mark);
      await table.executor.change(sql, parameters);
      return { issued, evicted: [], hasMore: false, replaced: [] };
    }
    const insert = async (connection: Connection, transaction: Transaction) => {
      const { newest, replacedIds, oldest } = resultOf(table, scope, transaction.found);
      const issued = issue(newest);
      const { sessions: surplus, hasMore } = limited
        ? surplusBeside(oldest, limited, replacedIds)
        : NO_SURPLUS;
      const statement = insertStatement(table, issued.row, mark, oneInTransaction(table.dialect));
      const { carried } = issued;
      if (replacedIds.size === 0 && surplus.length === 0 && !carried) {
        await transaction.commitWith(statement);
        return { issued, evicted: [], hasMore, replaced: [] };
      }
      const { createdAt: now } = issued.row;
      const replacing: Ending = { reason: 'replaced', now, keepsRow: keepsRows };
      const others = [...replacedIds].filter((id) => id !== carried?.id);
      const gone: RemovedSession[] = [];
      const evicted: RemovedSession[] = [];
      // The order matters, because an in-memory database has no transaction. The session whose data is carried over ends
      // before the insert, so that no later change of its data is lost. The others end after it, so that a failed insert
      // ends none of them.
      await connection.together<unknown>([
        async () => {
          if (carried) {
            await endAtVersion(connection, table, carried, replacedIds, replacing);
            gone.push(unreadSession(carried.id));
          }
        },
        () => connection.count(statement.sql, statement.parameters),
        ...others.map((id) => async () => {
          gone.push(...(await endById(connection, table, id, replacing)));
        }),
        async () => {
          if (limited) {
            const evicting: Ending = { ...replacing, reason: 'evicted' };
            evicted.push(...(await endOwned(connection, table, surplus, limited, evicting)));
          }
        },
      ]);
      return { issued, evicted, hasMore, replaced: gone };
    };
    return await withAdvisoryLock(table, key, insert, () => readsOf(table, scope));
  } catch (error) {
    if (isDuplicateKey(error)) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Returns what is read in the turn of an insert: which of the replaced sessions its credentials can end, the row whose data is
 * carried over, and the user's oldest sessions. A session that was rotated twice since the request's lookup stays live, so it
 * counts.
 */
function readsOf(
  table: SessionTable,
  { replaced, limited, carriedId, liveNow }: InsertScope,
): Statement[] {
  const condition = liveNow();
  const endable = `SELECT id FROM ${table.name} WHERE ${ENDABLE} AND end_reason = ''`;
  return [
    ...replaced.map((credential) => ({
      sql: endable,
      parameters: endableParameters(credential, condition.now),
    })),
    ...(carriedId === undefined ? [] : [findSessionsSql(table).select([carriedId])]),
    ...(limited ? [oldestBeside(table, limited, condition)] : []),
  ];
}

/** Returns what the statements of `readsOf` found. */
function resultOf(
  table: SessionTable,
  { replaced, carriedId }: InsertScope,
  found: readonly Columns[][],
): { newest: SessionRow | undefined; replacedIds: Set<string>; oldest: Columns[] } {
  const replacedIds = replaced.filter((_, index) => found[index]!.length > 0).map(({ id }) => id);
  const [carried] = carriedId === undefined ? [] : found[replaced.length]!;
  return {
    newest: carried && findSessionsSql(table).toRow(carried),
    replacedIds: new Set(replacedIds),
    oldest: found.at(-1) ?? [],
  };
}

/**
 * Ends a session, and the one in which its agent acts, by the id alone: even if it was rotated meanwhile, it was not counted
 * against the limit. Returns those that this call ended.
 */
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
      'The session that `carry` reads was changed or ended at the same moment, so no new session was created. Try again.',
    );
  }
}
