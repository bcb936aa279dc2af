import {
  SessionConflictError,
  SessionExpiredError,
  SessionNotFoundError,
} from '../../common/session-error.js';
import type { SessionRow } from '../session-row.js';
import type { TokenCredential } from '../session-store.js';
import type { TokenVerifier } from '../token/token-verifier.js';
import { backOff, MAX_TRIES } from './back-off.js';

/**
 * Creates a session from the newest data of the one before it, and again if that changed meanwhile. So an update is carried
 * over if it was committed before the login, and refused if it comes later: the insert ends that session only at the version
 * that was read, and every update increases the version.
 *
 * @param create rejects with `SessionConflictError` if the row is not the newest any more
 * @throws SessionConflictError if the session before ended meanwhile: without it, the login would lose its data silently
 */
export async function withNewest<Result>(
  verifier: TokenVerifier,
  credential: TokenCredential,
  create: (row: SessionRow) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    const row = await newest(verifier, credential);
    try {
      return await create(row);
    } catch (error) {
      if (!(error instanceof SessionConflictError) || tries === MAX_TRIES) {
        throw error;
      }
    }
    await backOff(tries);
  }
}

async function newest(verifier: TokenVerifier, credential: TokenCredential): Promise<SessionRow> {
  try {
    return await verifier.readable(credential);
  } catch (error) {
    if (error instanceof SessionNotFoundError || error instanceof SessionExpiredError) {
      throw new SessionConflictError(
        'The session that `carry` reads ended at the same moment, so no new session was created. Try again.',
      );
    }
    throw error;
  }
}
