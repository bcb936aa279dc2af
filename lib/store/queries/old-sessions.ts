import type { RemovableSessions, RemovedSession } from '../../manager/session-store.js';
import { deleteReturning, REMOVED, toRemovedSession } from './delete-returning.js';
import { idLists } from './id-list.js';
import { roundedLimit } from './rounded-limit.js';
import { limitedColumns } from '../table/read-limits.js';
import { SWEEP_STEP_MS } from './statements.js';
import type { SessionTable } from '../execution/session-table.js';

/** By the time that makes a session old: the condition and the order by which an index finds a batch of old ones. */
const SEARCHES = {
  expires_at: { where: 'sweep_after <= $sweepTime AND expires_at <= $time', order: 'sweep_after' },
  created_at: { where: 'created_at <= $time', order: 'id' },
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
    const { name, dialect, executor } = this.#table;
    const { where, order } = SEARCHES[this.#column];
    const rows = await executor.select(
      `SELECT ${limitedColumns(dialect, REMOVED)} FROM ${name} WHERE ${where} ` +
        `ORDER BY ${name}.${order} LIMIT ${roundedLimit(limit)}`,
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
