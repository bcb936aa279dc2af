import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * A change to session data: it alters the draft that it gets or returns new data, directly or as a promise. Doing both
 * is refused. It may be called again on newer data, so it should have no other effect.
 *
 * @typeParam T type of the session's data
 * @publicApi
 */
export type SessionChange<T> = (draft: T) => T | void | Promise<T | void>;

/**
 * Applies a change to a draft of the data.
 *
 * @throws SessionsConfigurationError if the change alters the draft and returns another value too
 */
export async function applyChange<T>(change: SessionChange<T>, draft: T): Promise<T> {
  // The draft's own JSON is kept for comparison. A second draft could differ, since a schema may generate values.
  const before = jsonOf(draft);
  const returned = await change(draft);
  if (returned === undefined || returned === draft) {
    return draft;
  }
  if (jsonOf(draft) !== before) {
    throw new SessionsConfigurationError(
      'The function changed the draft and also returned another value, so it is unclear which one to store. Either change ' +
        'the draft and return nothing, as in (data) => { data.visits++; } with braces, or return a new object.',
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
