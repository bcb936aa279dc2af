import type { RemovableSessions, RemovedSession } from '../../manager/session-store.js';
import { deleteReturning, toRemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import { roundedLimit } from './rounded-limit.js';
import { SWEEP_STEP_MS } from './statements.js';
import type { SessionTable } from '../execution/session-table.js';

/** By the time that makes a session old: the condition and the order by which an index finds a batch of old ones. */
const SEARCHES = {
  expires_at: 'sweep_after <= $sweepTime AND expires_at <= $time ORDER BY sweep_after',
  created_at: 'created_at <= $time ORDER BY id',
} as const;

/**
 * Deletes sessions that have expired or were created by a time, in two steps: finds their ids, then deletes these if they
 * are still old. A single DELETE by the index deadlocks with logins on MariaDB, and blocks SQLite for seconds.
 */
export class OldSessions implements RemovableSessions {
  readonly #table: SessionTable;
  readonly #column: keyof typeof SEARCHES;

  constructor(table: SessionTable, column: keyof typeof SEARCHES) {
    this.#table = table;
    this.#column = column;
  }

  async find(time: number, limit: number): Promise<RemovedSession[]> {
    const rows = await this.#table.executor.select(
      `SELECT id, user_id FROM ${this.#table.name} WHERE ${SEARCHES[this.#column]} LIMIT ${roundedLimit(limit)}`,
      this.#column === 'expires_at' ? { time, sweepTime: time + SWEEP_STEP_MS } : { time },
    );
    return rows.slice(0, limit).map(toRemovedSession);
  }

  async remove(sessions: readonly RemovedSession[], time: number): Promise<RemovedSession[]> {
    const removed: RemovedSession[] = [];
    for (const list of idLists(sessions.map(({ id }) => id))) {
      const where = `WHERE id IN (${list.sql}) AND ${this.#column} <= $time`;
      const parameters = { ...list.parameters, time };
      removed.push(...(await deleteReturning(this.#table, where, parameters, this.#column)));
    }
    return removed;
  }
}
