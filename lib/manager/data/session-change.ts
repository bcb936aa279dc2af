import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * A change to session data: alters the draft it gets or returns new data, at once or as a promise. It may be called
 * again on newer data, so it should do nothing else. To do both, alter and return something else, is refused.
 *
 * @typeParam T what the session's data is
 * @publicApi
 */
export type SessionChange<T> = (draft: T) => T | void | Promise<T | void>;

/**
 * Applies a change to a draft of the data.
 *
 * @throws SessionsConfigurationError where the change alters the draft and returns something else too
 */
export async function applyChange<T>(change: SessionChange<T>, draft: T): Promise<T> {
  // Not a second draft: a schema may generate a value for each.
  const before = jsonOf(draft);
  const returned = await change(draft);
  if (returned === undefined || returned === draft) {
    return draft;
  }
  if (jsonOf(draft) !== before) {
    throw new SessionsConfigurationError(
      'The change altered the draft and returned another value, so it is unclear which is meant. Do one of the two: ' +
        'write (data) => { data.visits++; } with braces, or return a new object.',
    );
  }
  return returned;
}

/** Returns what would be stored of a draft, or `undefined` if that can't be stored. */
function jsonOf(draft: unknown): string | undefined {
  try {
    return JSON.stringify(draft);
  } catch {
    return undefined;
  }
}
