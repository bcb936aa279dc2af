import { ownOptions, invalidOption } from '../common/checks.js';
import type { SessionOverview, SessionRow } from './session-row.js';
import { effectiveExpiry, type ExpiryRules } from './expiry/expiry.js';

/**
 * Where a session was started from, as far as it is known.
 *
 * @publicApi
 */
export interface SessionClient {
  /** IP address; longer than 45 characters is cut. */
  readonly ip?: string | undefined;
  /** `User-Agent`; longer than 512 characters is cut. */
  readonly userAgent?: string | undefined;
}

/**
 * A session with all that is known of it but its token.
 *
 * @publicApi
 */
export interface SessionRecord<T = any> {
  /** Public identifier, a UUIDv7 (UUIDv8 where it was imported). Not a secret: it may be shown and logged, and opens nothing. */
  readonly id: string;
  /** The session's data, a copy of one's own. */
  readonly data: T;
  /** Who owns the session, as a string, or `undefined`. */
  readonly userId: string | undefined;
  /** When the session was created; what `absoluteTimeout` counts from. */
  readonly createdAt: Date;
  /** When the session was last renewed; `createdAt` where it never was. */
  readonly renewedAt: Date;
  /** From this moment on the session is expired, if nothing renews it. */
  readonly expiresAt: Date;
  /** Where the session was started from. */
  readonly client: SessionClient;
  /** Counts the changes of the data, from 1. */
  readonly version: number;
}

/**
 * What a user may see of their own sessions: no token, no data.
 *
 * @publicApi
 */
export type SessionSummary = Pick<
  SessionRecord,
  'id' | 'createdAt' | 'renewedAt' | 'expiresAt' | 'client'
>;

/** What of a row may be shown; `expiresAt` is the moment it really ends. */
export function summaryOf(row: SessionOverview, rules: ExpiryRules): SessionSummary {
  return {
    id: row.id,
    createdAt: new Date(row.createdAt),
    renewedAt: new Date(row.renewedAt),
    expiresAt: new Date(effectiveExpiry(row, rules)),
    client: clientOf(row),
  };
}

/** The record of a row; written out, since this runs for every lookup and object spread costs more than the rest of it. */
export function recordOf<T>(row: SessionRow, data: T, rules: ExpiryRules): SessionRecord<T> {
  return {
    id: row.id,
    data,
    userId: row.userId ?? undefined,
    createdAt: new Date(row.createdAt),
    renewedAt: new Date(row.renewedAt),
    expiresAt: new Date(effectiveExpiry(row, rules)),
    client: clientOf(row),
    version: row.version,
  };
}

function clientOf({ ipAddress, userAgent }: SessionOverview): SessionClient {
  return { ip: ipAddress ?? undefined, userAgent: userAgent ?? undefined };
}

/**
 * The client's columns, cut to their size and to what the database stores: every database but NUL, and one that can't hold
 * all text ASCII, since a client's own text must not decide whether there is a login.
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
