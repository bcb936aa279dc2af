import { SessionStoreError } from './session-error.js';

/**
 * Returns the error of a call that changed something before it failed: the reason of the last statement alone would say that
 * nothing has changed.
 */
export function partlyDone(error: unknown): unknown {
  if (!(error instanceof SessionStoreError) || error.reason === 'unknown') {
    return error;
  }
  const { message, cause, isTransient } = error;
  return new SessionStoreError(
    `The call was applied to some sessions and then failed. Its last statement: ${message}`,
    { cause, isTransient },
  );
}
