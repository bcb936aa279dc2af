import type { Columns } from '../drivers/driver.js';

/** One row of the session table, times in epoch milliseconds. */
export interface SessionRow {
  readonly id: string;
  readonly secretHash: string;
  readonly previousSecretHash: string | null;
  readonly previousValidUntil: number | null;
  /** Whether the previous secret may also write until then, as only a legacy token may that a write replaced. */
  readonly previousMayWrite: boolean;
  /** When the previous secret was replaced. */
  readonly rotatedAt: number | null;
  readonly userId: string | null;
  readonly data: string;
  readonly version: number;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly createdAt: number;
  readonly renewedAt: number;
  readonly expiresAt: number;
}

/** What a user may see of a session. */
export type SessionOverview = Pick<
  SessionRow,
  'id' | 'ipAddress' | 'userAgent' | 'createdAt' | 'renewedAt' | 'expiresAt'
>;

/** The columns of a `SessionOverview`. */
export const OVERVIEW = 'id, ip_address, user_agent, created_at, renewed_at, expires_at';

/** What a new row is made of; the rest follows. */
export type NewSessionRow = Omit<
  SessionRow,
  | 'previousSecretHash'
  | 'previousValidUntil'
  | 'previousMayWrite'
  | 'rotatedAt'
  | 'version'
  | 'renewedAt'
>;

/** The row that an insert leaves. */
export function newSessionRow(row: NewSessionRow): SessionRow {
  return {
    ...row,
    previousSecretHash: null,
    previousValidUntil: null,
    previousMayWrite: false,
    rotatedAt: null,
    version: 1,
    renewedAt: row.createdAt,
  };
}

/**
 * A row as the drivers give it; they read BIGINT as a string, a number or a bigint. Written out, since this runs for every
 * lookup and object spread costs more than the rest of it.
 */
export function rowFrom(columns: Columns): SessionRow {
  const previousValidUntil = optionalNumber(columns['previous_valid_until']);
  return {
    id: columns['id'] as string,
    secretHash: columns['secret_hash'] as string,
    previousSecretHash: columns['previous_secret_hash'] as string | null,
    previousValidUntil: previousValidUntil && Math.abs(previousValidUntil),
    previousMayWrite: previousValidUntil !== null && previousValidUntil < 0,
    rotatedAt: optionalNumber(columns['rotated_at']),
    userId: columns['user_id'] as string | null,
    data: columns['data'] as string,
    version: Number(columns['version']),
    ipAddress: columns['ip_address'] as string | null,
    userAgent: columns['user_agent'] as string | null,
    createdAt: Number(columns['created_at']),
    renewedAt: Number(columns['renewed_at']),
    expiresAt: Number(columns['expires_at']),
  };
}

function optionalNumber(column: unknown): number | null {
  return column === null ? null : Number(column);
}

/** The columns that SQLite packs into one for a lookup: all but the data. */
export const PACKED = [
  'id',
  'secret_hash',
  'previous_secret_hash',
  'previous_valid_until',
  'rotated_at',
  'user_id',
  'version',
  'ip_address',
  'user_agent',
  'created_at',
  'renewed_at',
  'expires_at',
];

/** A row that is packed, as a JSON array, of which a damaged one has the beginning alone. Written out, as `rowFrom` is. */
export function unpackedRow({ data, packed }: Columns): SessionRow {
  const [
    id,
    secret_hash,
    previous_secret_hash,
    previous_valid_until,
    rotated_at,
    user_id,
    version,
    ip_address,
    user_agent,
    created_at,
    renewed_at,
    expires_at,
  ] = JSON.parse(packed as string) as unknown[];
  return rowFrom({
    id,
    secret_hash,
    previous_secret_hash,
    previous_valid_until,
    rotated_at,
    user_id,
    data,
    version,
    ip_address,
    user_agent,
    created_at,
    renewed_at,
    expires_at,
  });
}

/** Whether the columns hold what was written there; SQLite takes anything into any column. */
export function isValidRow(row: SessionRow): boolean {
  const { data, userId, version, createdAt, renewedAt, expiresAt } = row;
  const previousValidUntil = row.previousValidUntil ?? 0;
  const rotatedAt = row.rotatedAt ?? 0;
  return (
    typeof data === 'string' &&
    (userId === null || typeof userId === 'string') &&
    [previousValidUntil, rotatedAt, version, createdAt, renewedAt, expiresAt].every(isCount)
  );
}

/** Whether an overview holds what was written there. */
export function isValidOverview(row: SessionOverview): boolean {
  const { ipAddress, userAgent, createdAt, renewedAt, expiresAt } = row;
  return (
    [ipAddress, userAgent].every((text) => text === null || typeof text === 'string') &&
    [createdAt, renewedAt, expiresAt].every(isCount)
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The overview in a row as the drivers give it. */
export function overviewFrom(columns: Columns): SessionOverview {
  return {
    id: columns['id'] as string,
    ipAddress: columns['ip_address'] as string | null,
    userAgent: columns['user_agent'] as string | null,
    createdAt: Number(columns['created_at']),
    renewedAt: Number(columns['renewed_at']),
    expiresAt: Number(columns['expires_at']),
  };
}
