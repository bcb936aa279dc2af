import type { SessionOverview } from '../../manager/session-row.js';
import type {
  LiveCondition,
  Page,
  RemovedSession,
  Surplus,
  UserSessionLimit,
} from '../../manager/session-store.js';
import { deleteReturning, REMOVED, toRemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import { roundedLimit } from './rounded-limit.js';
import { deleteSurplus } from './session-limit.js';
import { limitedColumns } from '../table/read-limits.js';
import { OVERVIEW, toOverview } from '../table/session-columns.js';
import { ALIVE, liveParameters } from './statements.js';
import type { SessionTable } from '../execution/session-table.js';

/** All sessions of one user, found by the index on `user_id`. */
export class UserSessions {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** Returns a page of the user's live sessions, the newest first, without their data. */
  async list(
    userId: string,
    condition: LiveCondition,
    { limit, before }: Page,
  ): Promise<SessionOverview[]> {
    const older = before
      ? ' AND created_at <= $beforeTime AND (created_at < $beforeTime OR id < $beforeId)'
      : '';
    const { name, dialect, executor } = this.#table;
    const rows = await executor.select(
      `SELECT ${limitedColumns(dialect, OVERVIEW)} FROM ${name} WHERE user_id = $userId AND ${ALIVE}${older} ` +
        `ORDER BY ${name}.created_at DESC, ${name}.id DESC LIMIT ${roundedLimit(limit)}`,
      {
        userId,
        ...liveParameters(condition),
        ...(before && { beforeTime: before.createdAt, beforeId: before.id }),
      },
    );
    return rows.slice(0, limit).map(toOverview);
  }

  /** Deletes some of the user's oldest live sessions that exceed the limit. */
  removeSurplus(limit: UserSessionLimit, condition: LiveCondition): Promise<Surplus> {
    return deleteSurplus(this.#table, limit, condition);
  }

  /** Counts the live sessions of the user, or of everybody. */
  async count(userId: string | undefined, condition: LiveCondition): Promise<number> {
    const owner = userId === undefined ? '' : 'user_id = $userId AND ';
    const [row] = await this.#table.executor.select(
      `SELECT COUNT(*) AS count FROM ${this.#table.name} WHERE ${owner}${ALIVE}`,
      { ...(userId !== undefined && { userId }), ...liveParameters(condition) },
    );
    return Number(row!['count']);
  }

  /**
   * Deletes the user's sessions, live or not, except one. Finds their ids, then deletes these if they are still the
   * user's: a single DELETE by the index deadlocks with logins on MariaDB.
   */
  async remove(userId: string, except: string | undefined): Promise<RemovedSession[]> {
    const { name, dialect, executor } = this.#table;
    const sql = `SELECT ${limitedColumns(dialect, REMOVED)} FROM ${name} WHERE user_id = $userId`;
    const found = (await executor.select(sql, { userId })).map(toRemovedSession);
    const removed: RemovedSession[] = [];
    for (const list of idLists(found.map(({ id }) => id).filter((id) => id !== except))) {
      const where = `WHERE id IN (${list.sql}) AND user_id = $userId`;
      const parameters = { ...list.parameters, userId };
      removed.push(...(await deleteReturning(this.#table, where, parameters, userId)));
    }
    return removed;
  }

  /** Deletes the session with this public id; if a user is given, only if it belongs to the user. */
  async removeById(id: string, userId: string | undefined): Promise<RemovedSession[]> {
    const owner = userId === undefined ? '' : ' AND user_id = $userId';
    const parameters = { id, ...(userId !== undefined && { userId }) };
    return deleteReturning(this.#table, `WHERE id = $id${owner}`, parameters, userId ?? id);
  }
}
