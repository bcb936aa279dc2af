import type { SessionTable } from '../../execution/session-table.js';
import { limited } from '../../table/read-limits.js';
import { SWEEP_STEP_MS } from '../statements.js';

/** What a session table holds, times in epoch milliseconds. */
export interface SessionStatistics {
  readonly live: number;
  readonly expired: number;
  /** Sessions that were ended and whose rows are kept for a time. */
  readonly ended: number;
  /** Users that have a live session. */
  readonly users: number;
  /** When the oldest and the newest live session were created; `undefined` if there is none. */
  readonly oldest: number | undefined;
  readonly newest: number | undefined;
  /** Size of the stored data of all rows. */
  readonly bytes: number;
}

/** Counts all sessions, by one read of the whole table. */
export async function getStatistics(
  { name, dialect, executor }: SessionTable,
  now: number,
): Promise<SessionStatistics> {
  const live = (column: string) =>
    `CASE WHEN end_reason = '' AND expires_at > $now THEN ${column} END`;
  const columns = [
    'COUNT(*) AS total',
    `COUNT(${live('1')}) AS live`,
    "COUNT(CASE WHEN end_reason <> '' THEN 1 END) AS ended",
    `COUNT(DISTINCT ${live('user_id')}) AS users`,
    `${limited(dialect, `MIN(${live('created_at')})`)} AS oldest`,
    `${limited(dialect, `MAX(${live('created_at')})`)} AS newest`,
    'SUM(OCTET_LENGTH(data)) AS bytes',
  ];
  const [row] = await executor.select(`SELECT ${columns.join(', ')} FROM ${name}`, { now });
  const number = (column: string) => Number(row?.[column] ?? 0);
  return {
    live: number('live'),
    expired: number('total') - number('live') - number('ended'),
    ended: number('ended'),
    users: number('users'),
    oldest: number('oldest') || undefined,
    newest: number('newest') || undefined,
    bytes: number('bytes'),
  };
}

/** Returns how many sessions had expired or been ended by a time, found by the index. */
export async function countOld({ name, executor }: SessionTable, time: number): Promise<number> {
  const sql = `SELECT COUNT(*) AS old FROM ${name} WHERE sweep_after <= $sweepTime AND expires_at <= $time`;
  const [row] = await executor.select(sql, { time, sweepTime: time + SWEEP_STEP_MS });
  return Number(row?.['old']);
}

/** Counts the sessions that have not ended, live or expired. */
export async function countSessions({ name, executor }: SessionTable): Promise<number> {
  const [row] = await executor.select(
    `SELECT COUNT(*) AS sessions FROM ${name} WHERE end_reason = ''`,
    {},
  );
  return Number(row?.['sessions']);
}
