import { ownProperties } from '../../common/own-properties.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Parameters } from '../drivers/driver.js';

/** Who acts on a session: its id and the hash of the secret that proves the right to. */
export interface TokenCredential {
  readonly id: string;
  readonly secretHash: string;
  /** The hash of a replaced token that acts by this one in its grace: that grace must last in every statement. */
  readonly replacedHash?: string;
}

/** A moment, and the absolute limit that holds at it: what decides whether a session is alive. */
export interface LiveCondition {
  readonly now: number;
  /** Milliseconds after its creation at which no session lives any more. */
  readonly absoluteTimeout: number;
}

/** The condition of a session that is alive. Parameters: `liveParameters`. */
export const ALIVE = 'expires_at > $now AND created_at > $createdAfter';

/** The moment as parameters. */
export function liveParameters({ now, absoluteTimeout }: LiveCondition): {
  now: number;
  createdAfter: number;
} {
  return { now, createdAfter: now - absoluteTimeout };
}

/** What must hold at the moment of an UPDATE, besides the proof. */
export interface UpdateConditions extends LiveCondition {
  /** `true`: the session may have expired, as long as it is within `absoluteTimeout`. */
  readonly allowExpired?: boolean;
  /** The version that the change was made from. */
  readonly version?: number | undefined;
  /** Who owns the session. */
  readonly owner?: string | undefined;
  /** The least, in milliseconds, that the renewal must add to the expiry. */
  readonly leastGain?: number;
}

/** What an UPDATE sets. It always renews: the expiry moves to `renewUntil`, never back and never past the absolute limit. */
export interface SessionPatch {
  readonly renewUntil: number;
  readonly data?: string | undefined;
  /** `undefined` keeps the owner, `null` clears it. */
  readonly userId?: string | null | undefined;
  readonly rotation?: Rotation;
}

/** A new secret in the place of the old one. */
export interface Rotation {
  /** The hash of the new one. */
  readonly secretHash: string;
  /** Until when the old one may still read. */
  readonly previousValidUntil: number;
  /** `true`: it may also write until then, which the column keeps as a minus. */
  readonly previousMayWrite?: boolean;
}

/** Parameters: a `NewSessionRow`. */
export const insertSql = ({ name }: SessionTable): string =>
  `INSERT INTO ${name} (id, secret_hash, user_id, data, version, ip_address, user_agent, ` +
  'created_at, renewed_at, expires_at) VALUES ($id, $secretHash, $userId, $data, 1, $ipAddress, ' +
  '$userAgent, $createdAt, $createdAt, $expiresAt)';

/**
 * Milliseconds after a rotation for which the secret that it replaced can end the session, even without a grace: a logout
 * may have left the client just before the rotation.
 */
export const LATE_END_MS = 60_000;

/**
 * The condition of a session that this secret can end: it is the current one, or was replaced less than `LATE_END_MS` ago
 * or is in its grace. (A grace that allows writes, which is stored as a minus, is shorter than that.) A row without the
 * time of its rotation is ended by no replaced secret but one in its grace. Parameters: `endableAt`.
 */
export const ENDABLE =
  'id = $id AND (secret_hash = $secretHash OR (previous_secret_hash = $secretHash ' +
  'AND (rotated_at > $rotatedAfter OR previous_valid_until > $now)))';

/** A proof and a moment as parameters. */
export function endableAt({ id, secretHash }: TokenCredential, now: number): Parameters {
  return { id, secretHash, now, rotatedAfter: now - LATE_END_MS };
}

/** Parameters: `endableAt`. */
export const deleteSql = ({ name }: SessionTable): string => `DELETE FROM ${name} WHERE ${ENDABLE}`;

/** The one conditional UPDATE that all changes of a session are. */
export function updateStatement(
  { name, dialect: { greatest, least } }: SessionTable,
  { id, secretHash, replacedHash }: TokenCredential,
  conditions: UpdateConditions,
  change: SessionPatch,
): { sql: string; parameters: Parameters } {
  const { now, absoluteTimeout, allowExpired, version, owner, leastGain } =
    ownProperties(conditions);
  const { renewUntil, data, userId, rotation } = ownProperties(change);
  const renewed = `${least}($renewUntil, created_at + $absoluteTimeout)`;
  const set = ['renewed_at = $now', `expires_at = ${greatest}(expires_at, ${renewed})`];
  const where = ['id = $id', 'secret_hash = $secretHash', 'created_at > $createdAfter'];
  const createdAfter = now - absoluteTimeout;
  const parameters: Parameters = { id, secretHash, now, absoluteTimeout, createdAfter, renewUntil };
  if (replacedHash !== undefined) {
    // A minus in the column says that the replaced token may write.
    where.push('previous_secret_hash = $replacedHash', 'previous_valid_until < $minusNow');
    Object.assign(parameters, { replacedHash, minusNow: -now });
  }
  if (data !== undefined) {
    set.push('data = $data');
    parameters['data'] = data;
  }
  if (userId !== undefined) {
    if (!rotation) {
      // The old token is the previous owner's. Before the owner is set: MariaDB assigns from left to right.
      const isSame = userId === null ? 'user_id IS NULL' : 'user_id = $userId';
      set.push(`previous_valid_until = CASE WHEN ${isSame} THEN previous_valid_until ELSE 0 END`);
    }
    set.push('user_id = $userId');
    parameters['userId'] = userId;
  }
  if (rotation) {
    // In this order: MariaDB assigns from left to right, and would copy the new hash.
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
  if (leastGain !== undefined) {
    where.push(`expires_at <= ${renewed} - $leastGain`);
    parameters['leastGain'] = leastGain;
  }
  return { sql: `UPDATE ${name} SET ${set.join(', ')} WHERE ${where.join(' AND ')}`, parameters };
}
