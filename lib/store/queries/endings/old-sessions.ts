import type {
  Age,
  DeletedSession,
  OldSessions as Interface,
  OnEnded,
  SweepPosition,
} from '../../../manager/session-store.js';
import { collectEnded } from './collect-ended.js';
import { deleteReturning } from './delete-returning.js';
import { idLists } from '../id-list.js';
import { roundedLimit } from '../rounded-limit.js';
import { andReadableId, limitedColumns } from '../../table/read-limits.js';
import { toNumber } from '../../table/session-columns.js';
import { SWEEP_STEP_MS } from '../statements.js';
import type { SessionTable } from '../../execution/session-table.js';

/** The condition of a row that is old. Parameters: an `Age`. */
const OLD = "expires_at <= $expired AND (end_reason = '' OR expires_at <= $ended)";

/**
 * The rows after a page. PostgreSQL without statistics, as after an import, expects few rows between two bounds of a column, so
 * it would sort a million rows for each page. The other databases use no index for a comparison of rows.
 */
const LATER = {
  postgres: '(sweep_after, id) > ($afterTime, $afterId)',
  others: 'sweep_after >= $afterTime AND (sweep_after > $afterTime OR id > $afterId)',
};

/**
 * Deletes expired sessions and the rows of ended ones, in two steps: finds their ids, then deletes these if they are still
 * old. A single DELETE by the index deadlocks with logins on MariaDB, and blocks SQLite for seconds.
 */
export class OldSessions implements Interface {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** Also finds ended rows that have to stay, so that the search never reads more rows than it returns. */
  async find(
    { expired, ended }: Age,
    limit: number,
    after: SweepPosition | undefined,
  ): Promise<SweepPosition[]> {
    const { name, dialect, executor } = this.#table;
    const later = after ? ` AND ${LATER[dialect.name === 'postgres' ? 'postgres' : 'others']}` : '';
    const rows = await executor.select(
      `SELECT ${limitedColumns(dialect, ['id', 'sweep_after', 'end_reason', 'expires_at'])} FROM ${name} ` +
        `WHERE sweep_after <= $sweepTime AND expires_at <= $expired${later}` +
        `${andReadableId(dialect, `${name}.id`)} ORDER BY ${name}.sweep_after, ${name}.id LIMIT ${roundedLimit(limit)}`,
      {
        expired,
        sweepTime: expired + SWEEP_STEP_MS,
        ...(after && { afterTime: after.sweepAfter, afterId: after.id }),
      },
    );
    return rows.slice(0, limit).map((columns) => ({
      id: columns['id'] as string,
      sweepAfter: toNumber(columns['sweep_after']),
      isOld: columns['end_reason'] === '' || toNumber(columns['expires_at']) <= ended,
    }));
  }

  remove(
    ids: readonly string[],
    age: Age,
    onEnded?: OnEnded<DeletedSession>,
  ): Promise<DeletedSession[]> {
    return collectEnded(onEnded, async (add) => {
      for (const list of idLists(ids)) {
        const condition = `id IN (${list.sql}) AND ${OLD}`;
        const parameters = { ...list.parameters, ...age };
        add(await deleteReturning(this.#table, condition, parameters, 'old'));
      }
    });
  }
}
