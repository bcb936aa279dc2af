import type { RemovedSession } from '../../manager/session-store.js';
import { deleteReturning, toRemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import type { SessionTable } from '../execution/session-table.js';

/**
 * Deletes expired sessions in two steps: finds their ids, then deletes these if they are still expired. A single DELETE by
 * the index deadlocks with logins on MariaDB, and blocks SQLite for seconds.
 */
export class ExpiredSessions {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** Returns at most `limit` sessions that are expired at `time`, the longest expired first. */
  async find(time: number, limit: number): Promise<RemovedSession[]> {
    const rows = await this.#table.executor.select(
      `SELECT id, user_id FROM ${this.#table.name} WHERE expires_at <= $time ORDER BY expires_at LIMIT ${limit}`,
      { time },
    );
    return rows.map(toRemovedSession);
  }

  /** Deletes those that are still expired at `time`. Returns only those that this call deleted. */
  async remove(sessions: readonly RemovedSession[], time: number): Promise<RemovedSession[]> {
    const removed: RemovedSession[] = [];
    for (const list of idLists(sessions.map(({ id }) => id))) {
      const where = `WHERE id IN (${list.sql}) AND expires_at <= $time`;
      removed.push(...(await deleteReturning(this.#table, where, { ...list.parameters, time })));
    }
    return removed;
  }
}
