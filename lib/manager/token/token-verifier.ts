import { timingSafeEqual } from 'node:crypto';
import {
  SessionConflictError,
  SessionDataError,
  SessionExpiredError,
  SessionNotFoundError,
} from '../../common/session-error.js';
import type { SequelizeSessionStore } from '../../store/session-store.js';
import { isValidRow, type SessionRow } from '../../store/table/session-row.js';
import {
  LATE_END_MS,
  type LiveCondition,
  type TokenCredential,
} from '../../store/queries/statements.js';
import { effectiveExpiry } from '../expiry/expiry.js';
import { legacyCredential } from './legacy-token.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import { parseToken, type ParsedToken } from './token.js';

/**
 * How a credential stands to the session of its id: `live`; `grace`, replaced by a rotation and good for reading still;
 * `rotated`, replaced a short time ago and good for ending the session only; `expired`; or `missing`, which a wrong secret
 * and one that was replaced earlier are too, so that only the holder of the right one hears that a session has expired.
 */
export type TokenStatus = 'live' | 'grace' | 'rotated' | 'expired' | 'missing';

/** A row with what a credential is worth to it; `missing` has none. */
export type Found =
  | { readonly status: Exclude<TokenStatus, 'missing'>; readonly row: SessionRow }
  | { readonly status: 'missing'; readonly row?: undefined };

/** Decides who may read and change a session. */
export class TokenVerifier {
  readonly #store: SequelizeSessionStore;
  readonly #options: ResolvedManagerOptions;

  constructor(store: SequelizeSessionStore, options: ResolvedManagerOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** The token with what it proves; `undefined` for whatever is not of a token's form. */
  parse(token: unknown): ParsedToken | undefined {
    const credential =
      parseToken(token) ?? (this.#options.acceptLegacyTokens ? legacyCredential(token) : undefined);
    return credential && { token: token as string, credential };
  }

  /**
   * The row of the credential's id, and what the credential is worth to it.
   *
   * @throws SessionDataError where the row is damaged, which only the holder of the right secret is told
   */
  async find(credential: TokenCredential): Promise<Found> {
    return this.#verify(await this.#store.find(credential.id), credential);
  }

  /** @throws SessionNotFoundError, SessionExpiredError, SessionDataError */
  async readable(credential: TokenCredential): Promise<SessionRow> {
    const found = this.#verify(await this.#store.find(credential.id), credential);
    switch (found.status) {
      case 'live':
      case 'grace':
        return found.row;
      case 'expired':
        throw new SessionExpiredError();
      default:
        throw new SessionNotFoundError();
    }
  }

  /** @throws SessionNotFoundError, SessionExpiredError, SessionConflictError for a token in its grace */
  async writable(credential: TokenCredential): Promise<SessionRow> {
    const row = await this.readable(credential);
    if (!sameHash(row.secretHash, credential.secretHash)) {
      throw new SessionConflictError(
        'The token was replaced by a newer one a moment ago and can only read. Try again with the new one.',
      );
    }
    return row;
  }

  /** Returns what decides now whether a session is live, for the condition of a statement. */
  liveCondition(): LiveCondition {
    return { now: this.#options.clock.now(), absoluteTimeout: this.#options.absoluteTimeout };
  }

  #verify(row: SessionRow | undefined, { secretHash, replacedHash }: TokenCredential): Found {
    if (!row) {
      return { status: 'missing' };
    }
    const now = this.#options.clock.now();
    const isCurrent = sameHash(row.secretHash, secretHash);
    if (!isCurrent && !sameHash(row.previousSecretHash, secretHash)) {
      return { status: 'missing' };
    }
    if (!isValidRow(row)) {
      throw new SessionDataError('The stored row of this session is damaged and was not used.');
    }
    if (replacedHash !== undefined && !mayStillWrite(row, replacedHash, now)) {
      return { status: 'missing' };
    }
    if (!isCurrent && row.previousValidUntil! <= now) {
      // A row from before the column was there has NULL, which is 0 here.
      const isLate = Number(row.rotatedAt) <= now - LATE_END_MS;
      return isLate ? { status: 'missing' } : { status: 'rotated', row };
    }
    if (effectiveExpiry(row, this.#options) <= now) {
      return { status: 'expired', row };
    }
    return { status: isCurrent ? 'live' : 'grace', row };
  }
}

function mayStillWrite(row: SessionRow, replacedHash: string, now: number): boolean {
  return (
    sameHash(row.previousSecretHash, replacedHash) &&
    row.previousMayWrite &&
    row.previousValidUntil! > now
  );
}

/** `timingSafeEqual` throws for unequal lengths in bytes, which texts of one length in characters can have. */
function sameHash(stored: string | null, given: string): boolean {
  if (typeof stored !== 'string') {
    return false;
  }
  const [storedBytes, givenBytes] = [Buffer.from(stored), Buffer.from(given)];
  return storedBytes.length === givenBytes.length && timingSafeEqual(storedBytes, givenBytes);
}
