import { ownProperties } from '../../common/own-properties.js';
import {
  LATE_END_MS,
  type LiveCondition,
  type SessionPatch,
  type TokenCredential,
  type UpdateConditions,
} from '../../manager/session-store.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Parameters, Statement } from '../drivers/driver.js';

/** The condition of a live session. Parameters: `liveParameters`. */
export const ALIVE = 'expires_at > $now AND created_at > $createdAfter';

/** Returns the parameters of a `LiveCondition`. */
export function liveParameters({ now, absoluteTimeout }: LiveCondition): {
  now: number;
  createdAfter: number;
} {
  return { now, createdAfter: now - absoluteTimeout };
}

/** Returns the INSERT of a session. Parameters: a `NewSessionRow`. */
export const insertSql = ({ name }: SessionTable): string =>
  `INSERT INTO ${name} (id, secret_hash, user_id, data, version, ip_address, user_agent, ` +
  'created_at, renewed_at, expires_at) VALUES ($id, $secretHash, $userId, $data, 1, $ipAddress, ' +
  '$userAgent, $createdAt, $createdAt, $expiresAt)';

/**
 * The condition of a session that this secret can end: the secret is current, was replaced less than `LATE_END_MS` ago, or
 * is in its grace period. (A grace period that allows writes, stored as a negative number, is shorter than that.) If the
 * row lacks the time of its rotation, a replaced secret can end it only in its grace period. Parameters:
 * `endableParameters`.
 */
export const ENDABLE =
  'id = $id AND (secret_hash = $secretHash OR (previous_secret_hash = $secretHash ' +
  'AND (rotated_at > $rotatedAfter OR previous_valid_until > $now)))';

/** Returns the parameters of `ENDABLE`. */
export function endableParameters({ id, secretHash }: TokenCredential, now: number): Parameters {
  return { id, secretHash, now, rotatedAfter: now - LATE_END_MS };
}

/** Parameters: `endableParameters`. */
export const deleteSql = ({ name }: SessionTable): string => `DELETE FROM ${name} WHERE ${ENDABLE}`;

/** Returns the conditional UPDATE that makes every change of a session. */
export function updateStatement(
  { name, dialect: { greatest, least } }: SessionTable,
  { id, secretHash, replacedHash }: TokenCredential,
  conditions: UpdateConditions,
  change: SessionPatch,
): Statement {
  const { now, absoluteTimeout, allowExpired, version, owner, minGain } = ownProperties(conditions);
  const { renewUntil, data, userId, rotation } = ownProperties(change);
  const renewed = `${least}($renewUntil, created_at + $absoluteTimeout)`;
  const set = ['renewed_at = $now', `expires_at = ${greatest}(expires_at, ${renewed})`];
  const where = ['id = $id', 'secret_hash = $secretHash', 'created_at > $createdAfter'];
  const createdAfter = now - absoluteTimeout;
  const parameters: Parameters = { id, secretHash, now, absoluteTimeout, createdAfter, renewUntil };
  if (replacedHash !== undefined) {
    // A negative time says that the replaced token may write.
    where.push('previous_secret_hash = $replacedHash', 'previous_valid_until < $minusNow');
    Object.assign(parameters, { replacedHash, minusNow: -now });
  }
  if (data !== undefined) {
    set.push('data = $data');
    parameters['data'] = data;
  }
  if (userId !== undefined) {
    if (!rotation) {
      // The old token belongs to the previous owner. Before `user_id` is set: MariaDB assigns from left to right.
      const isSame = userId === null ? 'user_id IS NULL' : 'user_id = $userId';
      set.push(`previous_valid_until = CASE WHEN ${isSame} THEN previous_valid_until ELSE 0 END`);
    }
    set.push('user_id = $userId');
    parameters['userId'] = userId;
  }
  if (rotation) {
    // In this order: MariaDB assigns from left to right, and would otherwise copy the new hash.
    set.push('previous_secret_hash = secret_hash', 'previous_valid_until = $previousValidUntil');
    set.push('secret_hash = $newSecretHash', 'rotated_at = $now');
    const { previousValidUntil, previousMayWrite } = ownProperties(rotation);
    parameters['previousValidUntil'] = previousMayWrite ? -previousValidUntil : previousValidUntil;
    parameters['newSecretHash'] = rotation.secretHash;
  }
  if (data !== undefined || rotation) {
    set.push('version = version + 1');
  }
  if (!allowExpired) {
    where.push('expires_at > $now');
  }
  if (version !== undefined) {
    where.push('version = $version');
    parameters['version'] = version;
  }
  if (owner !== undefined) {
    where.push('user_id = $owner');
    parameters['owner'] = owner;
  }
  if (minGain !== undefined) {
    where.push(`expires_at <= ${renewed} - $minGain`);
    parameters['minGain'] = minGain;
  }
  return { sql: `UPDATE ${name} SET ${set.join(', ')} WHERE ${where.join(' AND ')}`, parameters };
}
