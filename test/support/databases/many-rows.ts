import type { TestSessions } from './databases.js';

/** Number of rows that one statement adds. */
const AT_ONCE = 50_000;

type Place = Pick<TestSessions, 'sequelize' | 'tableName'>;

const HOUR = 3_600_000;

/** Fills the table with sessions that have expired, each at a different moment, up to a day ago. */
export function addExpiredRows(place: Place, count: number): Promise<void> {
  const now = Date.now();
  return addRows(place, count, `${now - 200_000_000}`, `${now} - i % 86400000`);
}

/** Fills the table with live sessions of the user `ann`, each created at a different moment before `now`. */
export function addLiveRows(place: Place, count: number, now = Date.now()): Promise<void> {
  return addRows(place, count, `${now - count} + i - 1`, `${now + HOUR}`);
}

/**
 * Fills the table with sessions of the user `ann` that were logged out: every second one half an hour ago, and the others two
 * hours ago.
 */
export function addEndedRows(place: Place, count: number, now = Date.now()): Promise<void> {
  const endedAt = `${now - HOUR / 2} - (i % 2) * ${HOUR + HOUR / 2}`;
  return addRows(place, count, `${now - 5 * HOUR} + i`, endedAt, 'logout');
}

/** @param createdAt SQL, as is `expiresAt` */
async function addRows(
  { sequelize, tableName }: Place,
  count: number,
  createdAt: string,
  expiresAt: string,
  endReason = '',
): Promise<void> {
  const data = endReason === '' ? '{"basket":["bread","butter"]}' : '';
  for (let from = 1; from <= count; from += AT_ONCE) {
    const to = Math.min(count, from + AT_ONCE - 1);
    const { id, hash, source } = rowsOf(sequelize.getDialect(), from, to);
    await sequelize.query(
      `INSERT INTO ${tableName} (id, secret_hash, user_id, data, version, created_at, renewed_at, expires_at, sweep_after, end_reason) ` +
        `SELECT ${id}, ${hash}, 'ann', '${data}', 1, ` +
        `${createdAt}, ${createdAt}, ${expiresAt}, ${expiresAt} + ${HOUR}, '${endReason}' FROM ${source}`,
    );
  }
}

/** SQL for ids and hashes of the right form, and for the numbers `i` that they are made of. */
function rowsOf(dialect: string, from: number, to: number) {
  const prefix = '01900000-0000-7000-8000-';
  switch (dialect) {
    case 'sqlite':
      return {
        id: `printf('${prefix}%012x', i)`,
        hash: `printf('%043d', i)`,
        source:
          `(WITH RECURSIVE numbers(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM numbers WHERE i < ${to}) ` +
          'SELECT i FROM numbers) AS numbers',
      };
    case 'postgres':
      return {
        id: `'${prefix}' || lpad(to_hex(i), 12, '0')`,
        hash: `lpad(i::text, 43, '0')`,
        source: `generate_series(${from}, ${to}) AS numbers(i)`,
      };
    default:
      return {
        id: `concat('${prefix}', lpad(lower(hex(i)), 12, '0'))`,
        hash: `lpad(i, 43, '0')`,
        // MySQL has no table of numbers.
        source:
          `(SELECT ${from} - 1 + n AS i FROM JSON_TABLE(concat('[0', repeat(',0', ${to - from}), ']'), ` +
          "'$[*]' COLUMNS (n FOR ORDINALITY)) AS list) AS numbers",
      };
  }
}
