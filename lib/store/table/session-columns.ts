import type { EndedOverview, SessionOverview, SessionRow } from '../../manager/session-row.js';
import type { Columns } from '../drivers/driver.js';

/** The columns of a `SessionOverview`. */
export const OVERVIEW = [
  'id',
  'ip_address',
  'user_agent',
  'created_at',
  'renewed_at',
  'lifetime',
  'expires_at',
  'device_key',
  'actor_id',
  'actor_session_id',
];

/**
 * Converts a row of a driver, which reads BIGINT as a string, a number or a bigint. All properties are written out,
 * because this runs for every lookup, and an object spread takes longer than all other work here.
 */
export function toRow(columns: Columns): SessionRow {
  const previousValidUntil = optionalNumber(columns['previous_valid_until']);
  return {
    id: columns['id'] as string,
    secretHash: columns['secret_hash'] as string,
    previousSecretHash: columns['previous_secret_hash'] as string | null,
    previousValidUntil: previousValidUntil && Math.abs(previousValidUntil),
    previousMayWrite: previousValidUntil !== null && previousValidUntil < 0,
    rotatedAt: optionalNumber(columns['rotated_at']),
    userId: columns['user_id'] as string | null,
    actorId: columns['actor_id'] as string | null,
    actorSessionId: columns['actor_session_id'] as string | null,
    data: columns['data'] as string,
    version: toNumber(columns['version']),
    ipAddress: columns['ip_address'] as string | null,
    userAgent: columns['user_agent'] as string | null,
    createdAt: toNumber(columns['created_at']),
    renewedAt: toNumber(columns['renewed_at']),
    confirmedAt: optionalNumber(columns['confirmed_at']),
    lifetime: optionalNumber(columns['lifetime']),
    endsAt: optionalNumber(columns['ends_at']),
    expiresAt: toNumber(columns['expires_at']),
    endReason: columns['end_reason'] as string,
    deviceSecret: columns['device_secret'] as string | null,
    deviceKey: columns['device_key'] as string | null,
  };
}

/** How a driver writes a BIGINT as a string. `Number` also reads `''` and `'0x10'`, which SQLite keeps as text. */
const INTEGER = /^-?\d+$/;

/** Returns the number in a column; `NaN` if the column holds anything else. */
export function toNumber(column: unknown): number {
  const isNumeric =
    typeof column === 'string'
      ? INTEGER.test(column)
      : typeof column === 'number' || typeof column === 'bigint';
  return isNumeric ? Number(column) : NaN;
}

function optionalNumber(column: unknown): number | null {
  return column === null ? null : toNumber(column);
}

/** The columns that SQLite packs into one for a lookup: all that `toRow` needs except the data. */
export const PACKED = [
  'id',
  'secret_hash',
  'previous_secret_hash',
  'previous_valid_until',
  'rotated_at',
  'user_id',
  'actor_id',
  'actor_session_id',
  'version',
  'ip_address',
  'user_agent',
  'created_at',
  'renewed_at',
  'confirmed_at',
  'lifetime',
  'ends_at',
  'expires_at',
  'end_reason',
  'device_secret',
  'device_key',
];

/** Converts a row packed as a JSON array, of which a damaged row has only the beginning. Written out like `toRow`. */
export function unpackRow({ data, packed }: Columns): SessionRow {
  const [
    id,
    secret_hash,
    previous_secret_hash,
    previous_valid_until,
    rotated_at,
    user_id,
    actor_id,
    actor_session_id,
    version,
    ip_address,
    user_agent,
    created_at,
    renewed_at,
    confirmed_at,
    lifetime,
    ends_at,
    expires_at,
    end_reason,
    device_secret,
    device_key,
  ] = JSON.parse(packed as string) as unknown[];
  return toRow({
    id,
    secret_hash,
    previous_secret_hash,
    previous_valid_until,
    rotated_at,
    user_id,
    actor_id,
    actor_session_id,
    data,
    version,
    ip_address,
    user_agent,
    created_at,
    renewed_at,
    confirmed_at,
    lifetime,
    ends_at,
    expires_at,
    end_reason,
    device_secret,
    device_key,
  });
}

/** Converts a row of a driver to an overview. */
export function toOverview(columns: Columns): SessionOverview {
  return {
    id: columns['id'] as string,
    ipAddress: columns['ip_address'] as string | null,
    userAgent: columns['user_agent'] as string | null,
    createdAt: toNumber(columns['created_at']),
    renewedAt: toNumber(columns['renewed_at']),
    lifetime: optionalNumber(columns['lifetime']),
    expiresAt: toNumber(columns['expires_at']),
    deviceKey: columns['device_key'] as string | null,
    actorId: columns['actor_id'] as string | null,
    actorSessionId: columns['actor_session_id'] as string | null,
  };
}

/** Converts a row of a driver to the overview of an ended session. */
export function toEndedOverview(columns: Columns): EndedOverview {
  return { ...toOverview(columns), endReason: columns['end_reason'] as string };
}
