import { createHash } from 'node:crypto';
import { openSessions } from './library.mjs';
import { connect } from './places.mjs';
import { sampleSession } from './sample-session.mjs';

/** How many rows one statement adds. */
const AT_ONCE = 250_000;

/** The secret of all these sessions; what differs is the id in front of it. */
const SECRET = 'A'.repeat(43);
const SECRET_HASH = createHash('sha256').update(SECRET).digest('base64url');

const PREFIX = '01900000-0000-7000-8000-';

/** The token of the i-th of many rows. */
export const tokenOf = (i) => `${PREFIX}${i.toString(16).padStart(12, '0')}.${SECRET}`;

/**
 * Adds the sessions from the `first` to the `last` to a place, in statements of the database's own, since a call for each
 * would take hours.
 *
 * @param lifetime milliseconds from now, or less than 0 for sessions that have expired
 */
export async function addRows(place, first, last, lifetime) {
  // The library makes the table.
  await (await openSessions(place)).close();
  const sequelize = await connect(place);
  for (const statement of QUICKLY[place.database](place.table)) {
    await sequelize.query(statement);
  }
  const now = Date.now();
  const data = JSON.stringify(sampleSession(0));
  for (let from = first; from <= last; from += AT_ONCE) {
    const { id, user, source } = SQL[place.database](from, Math.min(last, from + AT_ONCE - 1));
    await sequelize.query(
      `INSERT INTO ${place.table} (id, secret_hash, user_id, data, version, created_at, renewed_at, expires_at) ` +
        `SELECT ${id}, '${SECRET_HASH}', ${user}, '${data}', 1, ${now}, ${now}, ${now + lifetime} + i % 1000 FROM ${source}`,
    );
  }
  await sequelize.close();
}

/** What makes loading quick; these rows need not survive a power cut. */
const QUICKLY = {
  SQLite: () => ['PRAGMA synchronous = OFF', 'PRAGMA cache_size = -500000'],
  PostgreSQL: (table) => [`ALTER TABLE ${table} SET UNLOGGED`],
  MariaDB: () => [],
};

/** Ids and owners made of the numbers `i` of a range, in each database's words. */
const SQL = {
  SQLite: (from, to) => ({
    id: `printf('${PREFIX}%012x', i)`,
    user: `'user-' || i`,
    source:
      `(WITH RECURSIVE numbers(i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM numbers WHERE i < ${to}) ` +
      'SELECT i FROM numbers) AS numbers',
  }),
  PostgreSQL: (from, to) => ({
    id: `'${PREFIX}' || lpad(to_hex(i), 12, '0')`,
    user: `'user-' || i`,
    source: `generate_series(${from}, ${to}) AS numbers(i)`,
  }),
  MariaDB: (from, to) => ({
    id: `concat('${PREFIX}', lpad(lower(hex(i)), 12, '0'))`,
    user: `concat('user-', i)`,
    source: `(SELECT seq AS i FROM seq_${from}_to_${to}) AS numbers`,
  }),
};
