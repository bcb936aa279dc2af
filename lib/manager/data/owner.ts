import { isDroppedPromise } from '../../common/async/dropped-promise.js';
import { SessionDataError, SessionsConfigurationError } from '../../common/session-error.js';

/** Bigints between these have at most 255 characters; turning a larger one into a string takes long. */
const BIGINT_LIMITS = [-(10n ** 254n), 10n ** 255n] as const;

/**
 * Returns a user's id as the table keeps it: a string of 1 to 255 characters, to which safe integers and bigints are
 * converted. Anything else is refused, since databases differ in how they compare numbers, `null` and unusual
 * characters.
 *
 * @throws SessionDataError; SessionsConfigurationError for a promise
 */
export function ownerId(value: unknown): string {
  if (isShortBigInt(value) || Number.isSafeInteger(value)) {
    return String(value);
  }
  if (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= 255 &&
    !value.includes('\0') &&
    value.isWellFormed()
  ) {
    return value;
  }
  if (isDroppedPromise(value)) {
    throw new SessionsConfigurationError(
      "A session's user id must be the id itself, got a promise. The option `userId` must be a function that is not " +
        'async; await an id before you pass it to a method.',
    );
  }
  throw new SessionDataError(
    "A session's user id must be a string of 1 to 255 characters without NUL and lone surrogates, a safe integer, or a " +
      'bigint of at most 255 characters. Check the id that you passed, or what the option `userId` finds in the data ' +
      '(without the option, the property `userId`).',
  );
}

function isShortBigInt(value: unknown): boolean {
  const [below, above] = BIGINT_LIMITS;
  return typeof value === 'bigint' && value > below && value < above;
}

/** The default of the option `userId`: returns the data's own property `userId`. */
export function defaultOwner(data: unknown): unknown {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, 'userId')
    ? (data as { userId: unknown }).userId
    : undefined;
}

/**
 * Returns the owner that the application finds in session data: `undefined` keeps the current one, `null` clears it.
 *
 * @throws SessionDataError if `findOwner` throws, or returns a value that can't be a user's id
 */
export function ownerIn(
  data: unknown,
  findOwner: (data: any) => unknown,
): string | null | undefined {
  let owner: unknown;
  try {
    owner = findOwner(data);
  } catch {
    throw new SessionDataError(
      'The option `userId` threw an error for this data (without the option, the property `userId` threw it), so the ' +
        'owner of the session is unknown. Return undefined for data without a user.',
    );
  }
  return owner === undefined || owner === null ? owner : ownerId(owner);
}

/** Returns the owner that stored data names; `undefined` if the option, which may be newer than the data, finds none. */
export function storedOwner(
  data: unknown,
  findOwner: (data: any) => unknown,
): string | null | undefined {
  try {
    return ownerIn(data, findOwner);
  } catch {
    return undefined;
  }
}

/**
 * Returns the owner that an update writes, if it must not move the session to another user. The option `userId` may have
 * changed since the session was created, so the owner in the table can be empty, or one that the data does not name. Only
 * a change of the data from one owner to another is refused.
 *
 * @param current the owner in the table
 * @param before the owner that the old data names
 * @param after the owner that the new data names
 * @returns the owner to write; `null` if the new data says that there is none and the old data does not; `undefined` for no
 *   change, since an owner in the table is never replaced by another
 * @throws SessionsConfigurationError
 */
export function ownerToWrite(
  current: string | null,
  before: string | null | undefined,
  after: string | null | undefined,
): string | null | undefined {
  if (typeof after !== 'string' || after === current) {
    return after === null && before !== null ? null : undefined;
  }
  if (after !== before) {
    throw new SessionsConfigurationError(
      'This update would give the session to another user, but each user needs their own token. Start a new session instead.',
    );
  }
  return current === null ? after : undefined;
}
