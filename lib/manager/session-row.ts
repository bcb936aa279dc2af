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
