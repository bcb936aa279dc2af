import { randomUUID } from 'node:crypto';
import { Sequelize } from 'sequelize';

/** The table of `server-sessions` 1.1.1, as its Sequelize 5 creates it: from `sqlite_master` of such a file. */
export const LEGACY_TABLE =
  'CREATE TABLE `Sessions` (`id` UUID PRIMARY KEY, `data` JSON, `expire` INTEGER, ' +
  '`createdAt` DATETIME NOT NULL, `updatedAt` DATETIME NOT NULL)';

/** A row of the table, with the columns as they are stored. */
export interface LegacySession {
  readonly id?: string | null;
  /** The column: the JSON of a string that is JSON. */
  readonly data?: string | null;
  readonly expire?: number | string | null;
  readonly createdAt?: string;
  readonly updatedAt?: string;
}

/** Returns the column for this data, as the package writes it. */
export const legacyData = (data: unknown): string => JSON.stringify(JSON.stringify(data));

/** Returns a date as its Sequelize writes it: `2026-11-25 15:47:35.713 +00:00`. */
export const legacyDate = (time: number): string =>
  new Date(time).toISOString().replace('T', ' ').replace('Z', ' +00:00');

/** Creates a file of `server-sessions` with these sessions; returns their tokens, which are their ids. */
export function makeLegacyFile(
  path: string,
  sessions: readonly LegacySession[],
): Promise<string[]> {
  return inLegacyFile(path, async (file) => {
    await file.query(LEGACY_TABLE);
    return insertLegacy(file, sessions);
  });
}

/** Adds sessions to such a file. */
export function addToLegacyFile(
  path: string,
  sessions: readonly LegacySession[],
): Promise<string[]> {
  return inLegacyFile(path, (file) => insertLegacy(file, sessions));
}

async function inLegacyFile<Result>(
  path: string,
  work: (file: Sequelize) => Promise<Result>,
): Promise<Result> {
  const file = new Sequelize({ dialect: 'sqlite', storage: path, logging: false });
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function insertLegacy(
  file: Sequelize,
  sessions: readonly LegacySession[],
): Promise<string[]> {
  const now = Date.now();
  const rows = sessions.map((session) => ({
    id: randomUUID(),
    data: legacyData({ userId: 'ann' }),
    expire: now + 3_600_000,
    createdAt: legacyDate(now - 60_000),
    updatedAt: legacyDate(now - 30_000),
    ...session,
  }));
  const values = rows.map(() => '(?, ?, ?, ?, ?)').join(', ');
  await file.query(`INSERT INTO Sessions VALUES ${values}`, {
    replacements: rows.flatMap((row) => [
      row.id,
      row.data,
      row.expire,
      row.createdAt,
      row.updatedAt,
    ]),
  });
  return rows.map(({ id }) => String(id));
}

const ID = '-0000-4000-8000-0123456789ab';

/** Returns the token of a session in a large file, by its number from 1. */
export const legacyTokenOf = (index: number): string => index.toString(16).padStart(8, '0') + ID;

/** Creates a file of `server-sessions` with so many live sessions, each of another user: its index. */
export async function makeLargeLegacyFile(path: string, count: number): Promise<void> {
  const now = Date.now();
  const date = legacyDate(now);
  await inLegacyFile(path, async (file) => {
    await file.query(LEGACY_TABLE);
    await file.query(
      `WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${count}) ` +
        `INSERT INTO Sessions SELECT printf('%08x${ID}', i), ` +
        `json_quote(json_object('userId', i, 'basket', json_array('bread', 'butter')) || ''), ` +
        `${now + 24 * 3_600_000}, '${date}', '${date}' FROM numbers`,
    );
  });
}
