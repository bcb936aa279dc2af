import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { sampleSession } from '../sample-session.mjs';
import { spreadOver } from './serve-calls.mjs';

/**
 * The single statements that a driver is measured with: those that the library sends for one session, with `?` for each
 * value. The driver only runs them; it makes no token, checks no hash and parses no JSON.
 */
export function driverStatements({ table, database }) {
  const [greatest, least] = database === 'SQLite' ? ['MAX', 'MIN'] : ['GREATEST', 'LEAST'];
  const limit = 'created_at + ?';
  const added = `${least}(COALESCE(lifetime, ?), ?)`;
  const until = `${least}(? + ${added}, ${limit}, COALESCE(ends_at, ${limit}))`;
  const expiry = `${greatest}(expires_at, ${until})`;
  const renewal =
    `sweep_after = CASE WHEN ${expiry} > sweep_after THEN ${expiry} + ? ELSE sweep_after END, ` +
    `expires_at = ${expiry}, renewed_at = ?`;
  const live =
    "WHERE id = ? AND secret_hash = ? AND end_reason = '' AND created_at > ? AND expires_at > ? " +
    'AND (renewed_at > ? OR lifetime IS NOT NULL)';
  return {
    retrieve: `SELECT * FROM ${table} WHERE id = ?`,
    create:
      `INSERT INTO ${table} (id, secret_hash, user_id, data, version, ip_address, user_agent, created_at, ` +
      'renewed_at, lifetime, ends_at, expires_at, sweep_after) ' +
      'VALUES (?, ?, ?, ?, 1, NULL, NULL, ?, ?, NULL, NULL, ?, ?)',
    update: `UPDATE ${table} SET ${renewal}, data = ?, version = version + 1 ${live}`,
    renew: `UPDATE ${table} SET ${renewal} ${live}`,
  };
}

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** Returns the values of the n-th call of each statement. */
export function driverValues(tokens) {
  const sessions = tokens.map((token) => [
    token.slice(0, 36),
    createHash('sha256').update(token.slice(37)).digest('base64url'),
  ]);
  const session = spreadOver(sessions);
  const expiry = (now) => [now, HOUR, HOUR, 7 * DAY, 7 * DAY];
  const renewal = (now) => [...expiry(now), ...expiry(now), HOUR, ...expiry(now), now];
  const live = (n, now) => [...session(n), 0, now, 0];
  return {
    retrieve: (n) => [session(n)[0]],
    create(n, now = Date.now()) {
      const hash = randomBytes(32).toString('base64url');
      const expiresAt = now + DAY;
      return [uuidv7(), hash, `user-${n}`, dataOf(n), now, now, expiresAt, expiresAt + HOUR];
    },
    update: (n, now = Date.now()) => [...renewal(now), dataOf(n), ...live(n, now)],
    renew: (n, now = Date.now()) => [...renewal(now), ...live(n, now)],
  };
}

const dataOf = (n) => JSON.stringify(sampleSession(n));

/** Calls of a driver by name. `prepare(sql, name)` returns a function that runs the statement with its values. */
export function driverCalls(place, tokens, prepare) {
  const values = driverValues(tokens);
  return Object.fromEntries(
    Object.entries(driverStatements(place)).map(([name, sql]) => {
      const run = prepare(sql, name);
      return [name, (n) => run(values[name](n))];
    }),
  );
}
