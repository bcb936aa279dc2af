import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { sampleSession } from '../sample-session.mjs';
import { spreadOver } from './serve-calls.mjs';

/**
 * The single statements that a driver is measured with: those that the library sends for one session, with `?` for each
 * value. The driver only runs them; it makes no token, checks no hash and parses no JSON.
 */
export function driverStatements({ table, database }) {
  const greatest = database === 'SQLite' ? 'MAX' : 'GREATEST';
  const renewal = `renewed_at = ?, expires_at = ${greatest}(expires_at, ?)`;
  const proof = 'WHERE id = ? AND secret_hash = ? AND created_at > ? AND expires_at > ?';
  return {
    retrieve: `SELECT * FROM ${table} WHERE id = ?`,
    create:
      `INSERT INTO ${table} (id, secret_hash, user_id, data, version, ip_address, user_agent, ` +
      'created_at, renewed_at, expires_at) VALUES (?, ?, ?, ?, 1, NULL, NULL, ?, ?, ?)',
    update: `UPDATE ${table} SET ${renewal}, data = ?, version = version + 1 ${proof}`,
    renew: `UPDATE ${table} SET ${renewal} ${proof}`,
  };
}

const HOUR = 60 * 60 * 1000;

/** Returns the values of the n-th call of each statement. */
export function driverValues(tokens) {
  const sessions = tokens.map((token) => [
    token.slice(0, 36),
    createHash('sha256').update(token.slice(37)).digest('base64url'),
  ]);
  const session = spreadOver(sessions);
  const renewal = (now) => [now, now + HOUR];
  const proof = (n, now) => [...session(n), 0, now];
  return {
    retrieve: (n) => [session(n)[0]],
    create(n, now = Date.now()) {
      const hash = randomBytes(32).toString('base64url');
      return [uuidv7(), hash, `user-${n}`, dataOf(n), now, now, now + 24 * HOUR];
    },
    update: (n, now = Date.now()) => [...renewal(now), dataOf(n), ...proof(n, now)],
    renew: (n, now = Date.now()) => [...renewal(now), ...proof(n, now)],
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
