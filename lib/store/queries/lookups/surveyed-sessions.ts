import type {
  LiveCondition,
  SurveyedRow,
  SurveyedSessions as Interface,
  SurveyedSlice,
} from '../../../manager/session-store.js';
import type { SessionTable } from '../../execution/session-table.js';
import { andReadableId, limited, limitedColumns } from '../../table/read-limits.js';
import { OVERVIEW, toEndedOverview } from '../../table/session-columns.js';
import { roundedLimit } from '../rounded-limit.js';
import { ALIVE, liveParameters } from '../statements.js';

/**
 * The condition of a UUID that begins with its time, by the digit of its version: version 7 does, version 8 does not, and
 * others do not occur. It does not use `=`: PostgreSQL would expect one row in 200, and read the whole table.
 */
const HAS_TIME = "SUBSTR(id, 15, 1) < '8'";

/**
 * All sessions by their primary key, so that no index is written for it
 * (docs/adr/0042-the-newest-sessions-come-by-their-ids.md).
 */
export class SurveyedSessions implements Interface {
  readonly #table: SessionTable;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  async newest(below: string, limit: number): Promise<SurveyedRow[]> {
    const { name, dialect, executor } = this.#table;
    const columns = limitedColumns(dialect, [...OVERVIEW, 'end_reason', 'user_id']);
    const rows = await executor.select(
      `SELECT ${columns} FROM ${name} WHERE id < $below AND ${HAS_TIME}` +
        `${andReadableId(dialect, `${name}.id`)} ORDER BY ${name}.id DESC LIMIT ${roundedLimit(limit)}`,
      { below },
    );
    return rows.slice(0, limit).map((columns) => ({
      ...toEndedOverview(columns),
      userId: columns['user_id'] as string | null,
    }));
  }

  async count(after: string, limit: number, condition: LiveCondition): Promise<SurveyedSlice> {
    const { name, dialect, executor } = this.#table;
    const columns = 'id, end_reason, created_at, renewed_at, lifetime, expires_at';
    const [row] = await executor.select(
      `SELECT COUNT(*) AS total, COUNT(CASE WHEN ${ALIVE} THEN 1 END) AS live, ` +
        `COUNT(CASE WHEN end_reason <> '' THEN 1 END) AS ended, ${limited(dialect, 'MAX(id)')} AS last_id ` +
        `FROM (SELECT ${columns} FROM ${name} WHERE id > $after${andReadableId(dialect, 'id')} ORDER BY id LIMIT ${limit}) slice`,
      { after, ...liveParameters(condition) },
    );
    const number = (column: string) => Number(row?.[column] ?? 0);
    const [total, live, ended] = [number('total'), number('live'), number('ended')];
    const last = total < limit ? undefined : (row?.['last_id'] as string);
    return { live, ended, expired: total - live - ended, last };
  }
}
