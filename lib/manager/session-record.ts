import { ownOptions, invalidOption } from '../common/checks.js';
import type { SessionEndReason } from '../common/end-reason.js';
import type { EndedOverview, SessionOverview, SessionRow } from './session-row.js';
import { effectiveExpiry, type ExpiryRules } from './expiry/expiry.js';

/**
 * Where a session was started from, as far as it is known.
 *
 * @publicApi
 */
export interface SessionClient {
  /** IP address, cut to 45 characters. */
  readonly ip?: string | undefined;
  /** `User-Agent`, cut to 512 characters. */
  readonly userAgent?: string | undefined;
}

/**
 * Whether a session is bound to the browser that started it: to its key, which never leaves the device.
 *
 * @publicApi
 */
export type SessionDevice = 'bound' | 'unbound';

/**
 * An agent who acts as the user of a session, such as a member of the support staff.
 *
 * @publicApi
 */
export interface SessionActor {
  /** Id of the agent as a user, as a string. */
  readonly userId: string;
  /** Public id of the agent's own session, which waits meanwhile. */
  readonly sessionId: string;
}

/**
 * All that is known of a session, except its token.
 *
 * @publicApi
 */
export interface SessionRecord<T = any> {
  /**
   * Public identifier, a UUIDv7 (UUIDv8 if it was imported or exchanged, or belongs to a store for express-session). Not a
   * secret: it may be shown and logged, and gives no access.
   */
  readonly id: string;
  /** The session's data, as a copy for the caller. */
  readonly data: T;
  /** Id of the user who owns the session, as a string, or `undefined`. */
  readonly userId: string | undefined;
  /** The agent who acts as the user in this session; `undefined` in all others. */
  readonly actor: SessionActor | undefined;
  /** When the session was created; `absoluteTimeout` counts from then. */
  readonly createdAt: Date;
  /** When the session was last renewed; `createdAt` if it never was. */
  readonly renewedAt: Date;
  /**
   * When the user last proved who they are, by a `start()` or a `confirm()` of `CurrentSession`; `undefined` if nothing
   * noted it.
   */
  readonly confirmedAt: Date | undefined;
  /** From this moment on the session is expired, if nothing renews it. */
  readonly expiresAt: Date;
  /** Where the session was started from. */
  readonly client: SessionClient;
  /** Whether the session is bound to the browser that started it (option `deviceBound`). */
  readonly device: SessionDevice;
  /** Starts at 1, and grows with each change of data, token or own lifetime, and of the owner by `reassignOwners`. */
  readonly version: number;
}

/**
 * The part of a session that its user may see: no token, no data.
 *
 * @publicApi
 */
export type SessionSummary = Pick<
  SessionRecord,
  'id' | 'actor' | 'createdAt' | 'renewedAt' | 'expiresAt' | 'client' | 'device'
>;

/**
 * An ended session, as its user may see it for `cleanup.retention` after the end: no token, no data.
 *
 * @publicApi
 */
export interface EndedSession extends Omit<SessionSummary, 'expiresAt'> {
  /** When the session ended, or when it had expired if that was earlier. */
  readonly endedAt: Date;
  /** Why it ended. */
  readonly endReason: SessionEndReason;
}

/** Returns the part of the row of an ended session that may be shown. */
export function endedSessionOf(row: EndedOverview, rules: ExpiryRules): EndedSession {
  const { expiresAt, ...summary } = summaryOf(row, rules);
  return { ...summary, endedAt: expiresAt, endReason: row.endReason as SessionEndReason };
}

/** Returns the part of a row that may be shown. Its `expiresAt` respects `absoluteTimeout`. */
export function summaryOf(row: SessionOverview, rules: ExpiryRules): SessionSummary {
  return {
    id: row.id,
    actor: actorOf(row),
    createdAt: new Date(row.createdAt),
    renewedAt: new Date(row.renewedAt),
    expiresAt: new Date(effectiveExpiry(row, rules)),
    client: clientOf(row),
    device: deviceOf(row),
  };
}

/**
 * Returns the record of a row. All properties are written out, because this runs for every lookup, and an object spread
 * takes longer than all other work here.
 */
export function recordOf<T>(row: SessionRow, data: T, rules: ExpiryRules): SessionRecord<T> {
  return {
    id: row.id,
    data,
    userId: row.userId ?? undefined,
    actor: actorOf(row),
    createdAt: new Date(row.createdAt),
    renewedAt: new Date(row.renewedAt),
    confirmedAt: row.confirmedAt === null ? undefined : new Date(row.confirmedAt),
    expiresAt: new Date(effectiveExpiry(row, rules)),
    client: clientOf(row),
    device: deviceOf(row),
    version: row.version,
  };
}

/** Returns the agent of an acting session. The agent's own session names the acting one, and has no agent. */
function actorOf({ actorId, actorSessionId }: SessionOverview): SessionActor | undefined {
  return actorId === null || actorSessionId === null
    ? undefined
    : { userId: actorId, sessionId: actorSessionId };
}

function deviceOf({ deviceKey }: SessionOverview): SessionDevice {
  return deviceKey === null ? 'unbound' : 'bound';
}

function clientOf({ ipAddress, userAgent }: SessionOverview): SessionClient {
  return { ip: ipAddress ?? undefined, userAgent: userAgent ?? undefined };
}

/**
 * Returns the client's columns, cut to their size and without NUL. If the database can't hold all text, characters
 * outside ASCII become `?`, since a client's own text must not make a login fail.
 *
 * @throws SessionsConfigurationError
 */
export function clientColumns(
  client: SessionClient,
  holdsAllText: boolean,
): Pick<SessionRow, 'ipAddress' | 'userAgent'> {
  const { ip, userAgent } = ownOptions('client', client, ['ip', 'userAgent']);
  const storable = (text: string | null) =>
    holdsAllText ? text : (text?.replaceAll(/[\u0080-\u{10ffff}]/gu, '?') ?? null);
  return {
    ipAddress: storable(cut('client.ip', ip, 45)),
    userAgent: storable(cut('client.userAgent', userAgent, 512)),
  };
}

function cut(name: string, text: string | undefined, length: number): string | null {
  if (text === undefined) {
    return null;
  }
  if (typeof text !== 'string') {
    throw invalidOption(name, text, 'a string');
  }
  return text.replaceAll('\0', '').slice(0, length).toWellFormed();
}
