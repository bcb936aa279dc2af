import { isSessionId } from './token/token.js';

/** One row of the session table, times in epoch milliseconds. */
export interface SessionRow {
  readonly id: string;
  readonly secretHash: string;
  readonly previousSecretHash: string | null;
  readonly previousValidUntil: number | null;
  /** Whether the previous secret may also write until then. Only a legacy token that a write replaced may do so. */
  readonly previousMayWrite: boolean;
  /** When the previous secret was replaced. */
  readonly rotatedAt: number | null;
  readonly userId: string | null;
  /** The agent who acts as the user in this session; `null` in all others. */
  readonly actorId: string | null;
  /**
   * The other session of an agent who acts: in an acting session the agent's, and in the agent's session meanwhile the acting
   * one (docs/adr/0041-acting-is-a-session-linked-to-the-agents.md).
   */
  readonly actorSessionId: string | null;
  readonly data: string;
  readonly version: number;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly createdAt: number;
  readonly renewedAt: number;
  /** When the user last proved who they are, by a login or a confirmation; `null` if nobody noted it. */
  readonly confirmedAt: number | null;
  /** How long the session lives after a renewal, if it does not follow the options. */
  readonly lifetime: number | null;
  /** When the session ends, however often it is renewed. */
  readonly endsAt: number | null;
  readonly expiresAt: number;
  /** Why the session ended, in a row that is kept after its end; empty until then. */
  readonly endReason: string;
  /** The secret of the session's challenges and bound cookies, in its stored form; `null` if it can't be bound. */
  readonly deviceSecret: string | null;
  /** The public key of the browser that the session is bound to; `null` if it is not bound. */
  readonly deviceKey: string | null;
}

/** The columns that decide when a session ends. */
export type Lifespan = Pick<
  SessionRow,
  'createdAt' | 'renewedAt' | 'lifetime' | 'endsAt' | 'expiresAt' | 'version'
>;

/** The columns that bind a session to a browser. */
export type DeviceBinding = Pick<SessionRow, 'id' | 'deviceSecret' | 'deviceKey'>;

/** The columns of a session that its user may see, and those that decide when it ends. */
export type SessionOverview = Pick<
  SessionRow,
  | 'id'
  | 'ipAddress'
  | 'userAgent'
  | 'createdAt'
  | 'renewedAt'
  | 'lifetime'
  | 'expiresAt'
  | 'deviceKey'
  | 'actorId'
  | 'actorSessionId'
>;

/** The part of a row that shows whether the session is still live, for a watcher that knows its id. */
export interface SessionState {
  readonly secretHash: string;
  /** The hash that the latest rotation replaced, if it left the old secret a grace; else empty. */
  readonly gracedHash: string;
  /** When that grace ends or ended; 0 if there was none. */
  readonly gracedUntil: number;
  /** From when on the session is expired, by its own expiry and the limits of the options. */
  readonly expiresAt: number;
  /** Why the session ended, in a row that is kept after its end; empty until then. */
  readonly endReason: string;
}

/** The overview of an ended session, with the reason. `expiresAt` is when it ended, or had expired if that was earlier. */
export type EndedOverview = SessionOverview & Pick<SessionRow, 'endReason'>;

/** The columns of a new row; `newSessionRow` derives the rest. */
export type NewSessionRow = Omit<
  SessionRow,
  | 'previousSecretHash'
  | 'previousValidUntil'
  | 'previousMayWrite'
  | 'rotatedAt'
  | 'version'
  | 'renewedAt'
  | 'endReason'
  | 'deviceKey'
>;

/** Returns the row that an insert creates. */
export function newSessionRow(row: NewSessionRow): SessionRow {
  return {
    ...row,
    previousSecretHash: null,
    previousValidUntil: null,
    previousMayWrite: false,
    rotatedAt: null,
    version: 1,
    renewedAt: row.createdAt,
    endReason: '',
    deviceKey: null,
  };
}

/** Returns whether the session was ended, and its row is kept without its data. */
export function hasEnded({ endReason }: Pick<SessionRow, 'endReason'>): boolean {
  return typeof endReason === 'string' && endReason !== '';
}

/** Returns whether the columns hold values of their type. SQLite accepts any value in any column. */
export function isValidRow(row: SessionRow): boolean {
  const { data, userId, version, createdAt, renewedAt, expiresAt, endReason } = row;
  const texts = [userId, row.actorId, row.deviceSecret, row.deviceKey];
  const optionalTimes = [row.previousValidUntil, row.rotatedAt, row.confirmedAt, row.endsAt];
  return (
    typeof data === 'string' &&
    typeof endReason === 'string' &&
    texts.every((text) => text === null || typeof text === 'string') &&
    isLink(row.actorSessionId) &&
    [createdAt, renewedAt, expiresAt].every(isTime) &&
    optionalTimes.every((time) => isTime(time ?? 0)) &&
    [version, row.lifetime ?? 0].every(isCount)
  );
}

/** Returns whether the columns of an overview hold values of their type. */
export function isValidOverview(row: SessionOverview): boolean {
  const {
    ipAddress,
    userAgent,
    createdAt,
    renewedAt,
    lifetime,
    expiresAt,
    actorId,
    actorSessionId,
  } = row;
  return (
    [ipAddress, userAgent, actorId].every((text) => text === null || typeof text === 'string') &&
    isLink(actorSessionId) &&
    [createdAt, renewedAt, expiresAt].every(isTime) &&
    isCount(lifetime ?? 0)
  );
}

/** Epoch milliseconds of the last moment of a `Date`. */
const MAX_TIME = 8.64e15;

function isTime(value: number): boolean {
  return isCount(value) && value <= MAX_TIME;
}

function isLink(actorSessionId: unknown): boolean {
  return actorSessionId === null || isSessionId(actorSessionId);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
