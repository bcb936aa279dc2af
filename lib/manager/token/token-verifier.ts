import { timingSafeEqual } from 'node:crypto';
import { isEndReason } from '../../common/end-reason.js';
import {
  SessionConflictError,
  SessionDataError,
  SessionEndedError,
  SessionExpiredError,
  SessionNotFoundError,
} from '../../common/session-error.js';
import { LATE_END_MS, type SessionStore, type TokenCredential } from '../session-store.js';
import { hasEnded, isValidRow, type SessionRow } from '../session-row.js';
import { effectiveExpiry } from '../expiry/expiry.js';
import type { SessionCodec } from '../data/session-codec.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import { recordOf, type SessionRecord } from '../session-record.js';
import { isLegacyToken, legacyCredential } from './legacy-token.js';
import { isSessionId, parseToken, type ParsedToken } from './token.js';
import type { OpenSession, TokenStatus, VerifiedSession } from './verified-session.js';

/** Decides which token may read and change a session, and reads the session. */
export class TokenVerifier<T = any> {
  readonly #store: SessionStore;
  readonly #codec: SessionCodec;
  readonly #options: ResolvedManagerOptions;

  constructor(store: SessionStore, codec: SessionCodec, options: ResolvedManagerOptions) {
    this.#store = store;
    this.#codec = codec;
    this.#options = options;
  }

  /** Returns the token with its credential, or `undefined` if it does not have the form of a token. */
  parse(token: unknown): ParsedToken | undefined {
    const credential =
      parseToken(token) ?? (this.#options.acceptLegacyTokens ? legacyCredential(token) : undefined);
    return credential && { token: token as string, credential };
  }

  /**
   * Returns the session of a token. If the token opens none, this returns its status and throws no error.
   *
   * @throws SessionStoreError
   */
  async verify(token: ParsedToken): Promise<VerifiedSession<T>> {
    try {
      const row = await this.#store.find(token.credential.id);
      if (!row) {
        return { ...token, status: 'missing' };
      }
      const status = this.#verify(row, token.credential);
      if (status === 'ended') {
        return { ...token, status, cause: this.#endOf(row), ...agentOf(row) };
      }
      if (status === 'expired' || status === 'rotated') {
        return { ...token, status, ...agentOf(row) };
      }
      return mayRead(status) ? this.open(token, status, row) : { ...token, status };
    } catch (error) {
      if (error instanceof SessionDataError) {
        return { ...token, status: 'damaged', cause: error };
      }
      throw error;
    }
  }

  /** Returns the session of a row, together with the token that opens it. */
  open(
    { token, credential }: ParsedToken,
    status: OpenSession<T>['status'],
    row: SessionRow,
  ): OpenSession<T> {
    return { token, credential, status, record: this.#record(row), lifespan: row, binding: row };
  }

  /**
   * Returns only the data, because the other fields of the record take as long to build as the hash of a token.
   *
   * @throws SessionNotFoundError, SessionEndedError, SessionExpiredError, SessionDataError
   */
  async retrieve({ credential }: ParsedToken): Promise<T> {
    return this.#decode(await this.readable(credential));
  }

  /** @throws SessionNotFoundError, SessionEndedError, SessionExpiredError, SessionDataError */
  async inspect({ credential }: ParsedToken): Promise<SessionRecord<T>> {
    return this.#record(await this.readable(credential));
  }

  /**
   * @throws SessionNotFoundError, SessionEndedError, SessionExpiredError, SessionConflictError for a token in its grace
   */
  async writable(credential: TokenCredential): Promise<SessionRow> {
    const row = await this.readable(credential);
    if (!sameHash(row.secretHash, credential.secretHash)) {
      throw new SessionConflictError(
        'A newer token has replaced this one, which can only read until its grace ends. Try again with the new token.',
      );
    }
    return row;
  }

  /**
   * Returns a legacy token with the hash that replaced it, so that it can still write during the grace period after its
   * upgrade. Two open pages may write at the same time, and the upgrade must not stop one of them
   * (docs/adr/0012-legacy-tokens.md). During the grace period of an explicit rotation it can only read, like any token.
   *
   * @param error the error of its write, which is thrown again if there is no such grace
   */
  async writerInGrace({ token, credential }: ParsedToken, error: unknown): Promise<ParsedToken> {
    const isRefused = error instanceof SessionConflictError && isLegacyToken(token);
    const row =
      isRefused && credential.replacedHash === undefined
        ? await this.#store.find(credential.id)
        : undefined;
    if (!row || this.#verify(row, credential) !== 'grace' || !row.previousMayWrite) {
      throw error;
    }
    const { secretHash: replacedHash } = credential;
    return { token, credential: { ...credential, secretHash: row.secretHash, replacedHash } };
  }

  /**
   * Returns the newest row of a session that this credential may read.
   *
   * @throws SessionNotFoundError, SessionEndedError, SessionExpiredError
   */
  async readable(credential: TokenCredential): Promise<SessionRow> {
    const row = await this.#store.find(credential.id);
    const status = row ? this.#verify(row, credential) : 'missing';
    if (row && mayRead(status)) {
      return row;
    }
    if (row && status === 'ended') {
      throw this.#endOf(row);
    }
    throw status === 'expired' ? new SessionExpiredError() : new SessionNotFoundError();
  }

  /** Returns the row of the session whose current secret this is, live or not; `undefined` if there is none. */
  async holder({ id, secretHash }: TokenCredential): Promise<SessionRow | undefined> {
    const row = await this.#store.find(id);
    return row && sameHash(row.secretHash, secretHash) && isValidRow(row) ? row : undefined;
  }

  /** Returns whether a credential may read this row of its session. */
  mayRead(row: SessionRow, credential: TokenCredential): boolean {
    return mayRead(this.#verify(row, credential));
  }

  /** Returns why a session ended, for the holder of its secret. The word in the row may be damaged. */
  #endOf({ endReason }: SessionRow): SessionEndedError {
    const reason = isEndReason(endReason) ? endReason : 'revoked';
    return new SessionEndedError(reason, this.#options.showEndReason ? reason : 'ended');
  }

  /** @throws SessionDataError if the row is damaged, which only the holder of the right secret learns */
  #verify(row: SessionRow, { secretHash, replacedHash }: TokenCredential): TokenStatus {
    const now = this.#options.clock.now();
    const isCurrent = sameHash(row.secretHash, secretHash);
    if (!isCurrent && !sameHash(row.previousSecretHash, secretHash)) {
      return 'missing';
    }
    const isOver = hasEnded(row);
    if (!isOver && !isValidRow(row)) {
      throw new SessionDataError(
        'The stored row of this session is damaged and was not used. End the session, so that its user can log in again.',
      );
    }
    if (replacedHash !== undefined && !mayStillWrite(row, replacedHash, now)) {
      return 'missing';
    }
    if (!isCurrent && row.previousValidUntil! <= now) {
      // A row that is older than the column has NULL, which is 0 here.
      const isLate = Number(row.rotatedAt) <= now - LATE_END_MS;
      return isLate ? 'missing' : 'rotated';
    }
    if (isOver) {
      return 'ended';
    }
    if (effectiveExpiry(row, this.#options) <= now) {
      return 'expired';
    }
    return isCurrent ? 'live' : 'grace';
  }

  #record(row: SessionRow): SessionRecord<T> {
    return recordOf(row, this.#decode(row), this.#options);
  }

  #decode({ id, data }: SessionRow): T {
    return this.#codec.decode(id, data) as T;
  }
}

/** Returns the id of the agent's session, if the row is that of an acting one. The row of an ended session may be damaged. */
function agentOf({ actorId, actorSessionId }: SessionRow): { readonly agentId?: string } {
  return actorId === null || !isSessionId(actorSessionId) ? {} : { agentId: actorSessionId };
}

function mayRead(status: TokenStatus): status is 'live' | 'grace' {
  return status === 'live' || status === 'grace';
}

function mayStillWrite(row: SessionRow, replacedHash: string, now: number): boolean {
  return (
    sameHash(row.previousSecretHash, replacedHash) &&
    row.previousMayWrite &&
    row.previousValidUntil! > now
  );
}

/**
 * Compares in constant time. `timingSafeEqual` throws if the lengths in bytes differ, which strings of the same length
 * can do.
 */
function sameHash(stored: string | null, given: string): boolean {
  if (typeof stored !== 'string') {
    return false;
  }
  const [storedBytes, givenBytes] = [Buffer.from(stored), Buffer.from(given)];
  return storedBytes.length === givenBytes.length && timingSafeEqual(storedBytes, givenBytes);
}
