import { ownProperties } from '../../common/own-properties.js';
import {
  LATE_END_MS,
  type ExchangeMark,
  type LiveCondition,
  type Renewal,
  type SessionPatch,
  type TokenCredential,
  type UpdateConditions,
} from '../../manager/session-store.js';
import type { NewSessionRow } from '../../manager/session-row.js';
import type { SessionTable } from '../execution/session-table.js';
import type { Dialect } from '../drivers/dialect.js';
import type { Parameters, Statement } from '../drivers/driver.js';

/**
 * By how many milliseconds `sweep_after` may be later than `expires_at`. It is indexed instead of `expires_at`, so that few
 * renewals change an index: PostgreSQL then writes the row's next version into the same page.
 */
export const SWEEP_STEP_MS = 60 * 60 * 1000;

/** The condition that a session has not expired. Parameters: `liveParameters`. */
const UNEXPIRED = 'expires_at > $now AND (renewed_at > $renewedAfter OR lifetime IS NOT NULL)';

/** The condition of a live session. The index of users is made for its first part. Parameters: `liveParameters`. */
export const ALIVE = `end_reason = '' AND ${UNEXPIRED} AND created_at > $createdAfter`;

/** Returns the parameters of a `LiveCondition`. */
export function liveParameters({ now, absoluteTimeout, idleTimeout }: LiveCondition): {
  now: number;
  createdAfter: number;
  renewedAfter: number;
} {
  return { now, createdAfter: now - absoluteTimeout, renewedAfter: now - idleTimeout };
}

/** The reason in the row of an `ExchangeMark`. */
const EXCHANGED = 'exchanged';

/** Returns the INSERT of a session, and of the mark of the credential that is exchanged for it. */
export function insertStatement(
  { name }: SessionTable,
  row: NewSessionRow,
  mark: ExchangeMark | undefined,
  version = '1',
): Statement {
  const sql =
    `INSERT INTO ${name} (id, secret_hash, user_id, actor_id, actor_session_id, data, version, ip_address, user_agent, created_at, ` +
    'renewed_at, confirmed_at, lifetime, ends_at, expires_at, sweep_after, device_secret, end_reason) VALUES ($id, ' +
    `$secretHash, $userId, $actorId, $actorSessionId, $data, ${version}, $ipAddress, $userAgent, $createdAt, $createdAt, $confirmedAt, $lifetime, $endsAt, ` +
    "$expiresAt, $sweepAfter, $deviceSecret, '')";
  const parameters = { ...row, sweepAfter: row.expiresAt + SWEEP_STEP_MS };
  if (!mark) {
    return { sql, parameters };
  }
  const { id: markId, secretHash: markHash, until } = mark;
  return {
    sql:
      `${sql}, ($markId, $markHash, NULL, NULL, NULL, '', 1, NULL, NULL, $createdAt, $createdAt, NULL, NULL, NULL, $until, $until, ` +
      `NULL, '${EXCHANGED}')`,
    parameters: { ...parameters, markId, markHash, until },
  };
}

/** Returns the UPDATE that binds a live session to a browser, once. */
export function bindStatement(
  { name }: SessionTable,
  id: string,
  deviceKey: string,
  condition: LiveCondition,
): Statement {
  return {
    sql: `UPDATE ${name} SET device_key = $deviceKey WHERE id = $id AND ${ALIVE} AND device_key IS NULL`,
    parameters: { id, deviceKey, ...liveParameters(condition) },
  };
}

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

/** Returns the conditional UPDATE that makes every change of a session. */
export function updateStatement(
  { name, dialect }: SessionTable,
  { id, secretHash, replacedHash }: TokenCredential,
  conditions: UpdateConditions,
  change: SessionPatch,
): Statement {
  const { allowExpired, version, owner, minGain, linkedTo, ...live } = ownProperties(conditions);
  const { renewal, data, userId, rotation, linkTo } = ownProperties(change);
  const { assignments, expiry, parameters: renewed } = renewalOf(dialect, live, renewal);
  const set = [...assignments];
  const where = ['id = $id', 'secret_hash = $secretHash', "end_reason = ''"];
  where.push('created_at > $createdAfter');
  const parameters: Parameters = { id, secretHash, ...liveParameters(live), ...renewed };
  if (replacedHash !== undefined) {
    // A negative time says that the replaced token may write.
    where.push('previous_secret_hash = $replacedHash', 'previous_valid_until < $minusNow');
    Object.assign(parameters, { replacedHash, minusNow: -live.now });
  }
  if (data !== undefined) {
    set.push('data = $data');
    parameters['data'] = data;
  }
  if (userId !== undefined) {
    // Both before `user_id` is set: MariaDB assigns from left to right.
    const isSame = userId === null ? 'user_id IS NULL' : 'user_id = $userId';
    if (!rotation) {
      // The old token belongs to the previous owner.
      set.push(`previous_valid_until = CASE WHEN ${isSame} THEN previous_valid_until ELSE 0 END`);
    }
    if (!rotation?.confirms) {
      set.push(`confirmed_at = CASE WHEN ${isSame} THEN confirmed_at END`);
    }
    set.push('user_id = $userId');
    parameters['userId'] = userId;
    // An acting session keeps its owner.
    where.push('(actor_id IS NULL OR user_id = $userId)');
  }
  if (rotation) {
    // In this order: MariaDB assigns from left to right, and would otherwise copy the new hash.
    const { previousHash, previousValidUntil, previousMayWrite } = ownProperties(rotation);
    set.push(
      `previous_secret_hash = ${previousHash === undefined ? 'secret_hash' : '$previousHash'}`,
    );
    set.push('previous_valid_until = $previousValidUntil');
    set.push('secret_hash = $newSecretHash', 'rotated_at = $now');
    if (previousHash !== undefined) {
      parameters['previousHash'] = previousHash;
    }
    parameters['previousValidUntil'] = previousMayWrite ? -previousValidUntil : previousValidUntil;
    parameters['newSecretHash'] = rotation.secretHash;
    if (rotation.confirms) {
      set.push('confirmed_at = $now');
    }
  }
  if (linkTo !== undefined) {
    set.push('actor_session_id = $linkTo');
    parameters['linkTo'] = linkTo;
  }
  if (data !== undefined || rotation || 'lifetime' in renewed) {
    set.push('version = version + 1');
  }
  // Nothing moves the own end of a session.
  where.push(allowExpired ? '(ends_at IS NULL OR ends_at > $now)' : UNEXPIRED);
  if (version !== undefined) {
    where.push('version = $version');
    parameters['version'] = version;
  }
  if (owner !== undefined) {
    where.push('user_id = $owner');
    parameters['owner'] = owner;
  }
  if (linkedTo === null) {
    where.push('actor_session_id IS NULL');
  } else if (linkedTo !== undefined) {
    where.push('actor_session_id = $linkedTo');
    parameters['linkedTo'] = linkedTo;
  }
  if (minGain !== undefined) {
    const before = endOf(dialect, 'expires_at', 'renewed_at + $idleTimeout');
    where.push(`${before} + $minGain <= ${endOf(dialect, expiry, '$idleEnd')}`);
    const { now, idleTimeout } = live;
    Object.assign(parameters, { minGain, idleTimeout, idleEnd: now + idleTimeout });
  }
  return { sql: `UPDATE ${name} SET ${set.join(', ')} WHERE ${where.join(' AND ')}`, parameters };
}

/** Returns the SQL by which a write renews a session, in an order for MariaDB, which assigns from left to right. */
function renewalOf(
  { greatest, least }: Dialect,
  { now, absoluteTimeout }: LiveCondition,
  renewal: Renewal,
): { readonly assignments: string[]; readonly expiry: string; readonly parameters: Parameters } {
  const { renewTimestamp, rolling, lifetime } = ownProperties(renewal);
  const limits = { absoluteTimeout, sweepStep: SWEEP_STEP_MS };
  const limit = 'created_at + $absoluteTimeout';
  const limited = (time: string) => `${least}(${time}, ${limit}, COALESCE(ends_at, ${limit}))`;
  if (lifetime !== undefined) {
    const expiry = limited('$lifetimeEnd');
    return {
      assignments: [
        `sweep_after = ${expiry} + $sweepStep`,
        `expires_at = ${expiry}`,
        'lifetime = $lifetime',
        'renewed_at = $now',
      ],
      expiry,
      parameters: { ...limits, lifetime, lifetimeEnd: now + lifetime },
    };
  }
  const own = 'COALESCE(lifetime, $renewTimestamp)';
  const added = rolling ? own : `${least}(${own}, $renewTimestamp)`;
  const expiry = `${greatest}(expires_at, ${limited(`$now + ${added}`)})`;
  return {
    assignments: [
      `sweep_after = CASE WHEN ${expiry} > sweep_after THEN ${expiry} + $sweepStep ELSE sweep_after END`,
      `expires_at = ${expiry}`,
      'renewed_at = $now',
    ],
    expiry,
    parameters: { ...limits, renewTimestamp },
  };
}

/** Returns SQL of when a session ends: at `expiry`, or at `idleEnd` if that is earlier and it has no own lifetime. */
export function endOf({ least }: Dialect, expiry: string, idleEnd: string): string {
  return `CASE WHEN lifetime IS NULL THEN ${least}(${expiry}, ${idleEnd}) ELSE ${expiry} END`;
}
