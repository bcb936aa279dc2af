import { SessionDataError, SessionDataTooLargeError } from '../../common/session-error.js';
import type { ImportedRow } from './imported-sessions.js';
import type { LegacyRow } from './legacy-sessions.js';
import { legacyCredential } from '../../manager/token/legacy-token.js';
import type { SessionCodec } from '../../manager/data/session-codec.js';
import { ownerIn } from '../../manager/data/owner.js';

/** Why a session of `server-sessions` is not copied. */
export type ImportRefusal = 'expired' | 'unreadable' | 'tooLarge';

/** How sessions are translated. */
export interface TranslationRules {
  readonly codec: SessionCodec;
  /** Maximum size of the data as JSON, in bytes. */
  readonly maxDataBytes: number;
  /** Returns the owner of a session from its data. */
  readonly userId: (data: any) => unknown;
  /** The moment of the import. */
  readonly now: number;
}

/** The latest moment that a `Date` can hold. */
const LATEST = 8.64e15;

/** Returns the maximum size of such data in the old table: JSON in JSON, with each quote and backslash escaped. */
export function maxLegacyBytes(maxDataBytes: number): number {
  return 2 * maxDataBytes + 2;
}

/**
 * Converts a row of `server-sessions`: same expiry, same data, and the old token as its secret. It is created and renewed
 * now, so that `absoluteTimeout` and the idle time of `rolling`, which the original lacks, do not end it too early.
 */
export function translateSession(
  row: LegacyRow,
  rules: TranslationRules,
): ImportedRow | ImportRefusal {
  const { codec, maxDataBytes, userId, now } = rules;
  const expiresAt = Math.min(Math.floor(Number(row.expire)), LATEST);
  // As in the original, a session whose expiry is not a number has expired.
  if (!(expiresAt > now)) {
    return 'expired';
  }
  const credential = legacyCredential(row.id);
  if (!credential) {
    return 'unreadable';
  }
  if (row.bytes > maxLegacyBytes(maxDataBytes)) {
    return 'tooLarge';
  }
  try {
    const data = parseData(row.data);
    const { json } = codec.encode(data);
    return {
      ...credential,
      userId: ownerIn(data, userId) ?? null,
      data: codec.seal(credential.id, json),
      createdAt: now,
      expiresAt,
    };
  } catch (error) {
    if (error instanceof SessionDataTooLargeError) {
      return 'tooLarge';
    }
    if (error instanceof SessionDataError || error instanceof SyntaxError) {
      return 'unreadable';
    }
    throw error;
  }
}

/** Returns the data as `retrieveSession` of the original does: the column is the JSON of a string that is JSON. */
function parseData(stored: unknown): unknown {
  const text: unknown = typeof stored === 'string' ? JSON.parse(stored) : stored;
  return typeof text === 'string' && text !== '' ? JSON.parse(text) : text || null;
}
