import { createHash } from 'node:crypto';
import { openSessions } from './library.mjs';
import { connect } from './places.mjs';
import { sampleSession } from './sample-session.mjs';

/** Number of rows that one statement adds. */
const AT_ONCE = 250_000;

/** The secret of all these sessions; only the id in front of it differs. */
const SECRET = 'A'.repeat(43);
const SECRET_HASH = createHash('sha256').update(SECRET).digest('base64url');

/** How much later than its expiry the cleanup may look for a session. */
const SWEEP_STEP_MS = 60 * 60 * 1000;

const OWNER_STEP = 7919;
const OWNERS = 1_000_000;
const PREFIX = '01900000-0000-7000-8000-';

/** Returns the token of the i-th of many rows. */
export const tokenOf = (i) => `${PREFIX}${i.toString(16).padStart(12, '0')}.${SECRET}`;

/** Returns the owner of the i-th of many rows. */
export const ownerOf = (i) => `user-${(i * OWNER_STEP) % OWNERS}`;

/**
 * Adds the sessions from the `first` to the `last` to a place, in statements of the database, since a call for each would
 * take hours.
 *
 * @param lifetime milliseconds from now, or less than 0 for sessions that have expired
 */
export async function addRows(place, first, last, lifetime) {
  // The library creates the table.
  await (await openSessions(place)).close();
  const sequelize = await connect(place);
  const eachOf = async (statements) => {
    for (const statement of statements) {
      await sequelize.query(statement);
    }
  };
  const { before, after } = LOADING[place.database](place.table);
  await eachOf(before);
  const now = Date.now();
  const data = JSON.stringify(sampleSession(0));
  for (let from = first; from <= last; from += AT_ONCE) {
    const { id, user, source } = SQL[place.database](from, Math.min(last, from + AT_ONCE - 1));
    await sequelize.query(
      `INSERT INTO ${place.table} (id, secret_hash, user_id, data, version, created_at, renewed_at, expires_at, sweep_after) ` +
        `SELECT ${id}, '${SECRET_HASH}', ${user}, '${data}', 1, ${now}, ${now}, ` +
        `${now + lifetime} + i % 1000, ${now + lifetime + SWEEP_STEP_MS} + i % 1000 FROM ${source}`,
    );
  }
  await eachOf(after);
  await sequelize.close();
}

/** Settings that make loading fast, and work that the database would otherwise do later, during a measurement. */
const LOADING = {
  SQLite: () => ({
    before: ['PRAGMA synchronous = OFF', 'PRAGMA cache_size = -500000'],
    after: ['PRAGMA wal_checkpoint(TRUNCATE)'],
  }),
  PostgreSQL: (table) => ({ before: [], after: [`VACUUM ANALYZE ${table}`] }),
  MariaDB: () => ({ before: [], after: [] }),
};

/** SQL of each database for ids, unordered owners, and the numbers `i` of a range that they are made of. */
const SQL = {
  SQLite: (from, to) => ({
    id: `printf('${PREFIX}%012x', i)`,
    user: `'user-' || (i * ${OWNER_STEP} % ${OWNERS})`,
    source:
      `(WITH RECURSIVE numbers(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM numbers WHERE i < ${to}) ` +
      'SELECT i FROM numbers) AS numbers',
  }),
  PostgreSQL: (from, to) => ({
    id: `'${PREFIX}' || lpad(to_hex(i), 12, '0')`,
    user: `'user-' || (i::bigint * ${OWNER_STEP} % ${OWNERS})`,
    source: `generate_series(${from}, ${to}) AS numbers(i)`,
  }),
  MariaDB: (from, to) => ({
    id: `concat('${PREFIX}', lpad(lower(hex(i)), 12, '0'))`,
    user: `concat('user-', i * ${OWNER_STEP} % ${OWNERS})`,
    source: `(SELECT seq AS i FROM seq_${from}_to_${to}) AS numbers`,
  }),
};
