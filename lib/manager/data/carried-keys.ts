import { invalidOption } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * Checks the keys whose values a login carries over.
 *
 * @throws SessionsConfigurationError
 */
export function checkCarriedKeys(keys: unknown): readonly string[] {
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === 'string' && key !== '');
  if (!isList) {
    throw invalidOption('carry', keys, "a list of keys of the data, such as ['basket']");
  }
  return [...new Set<string>(keys)];
}

/**
 * Returns the data of a login together with the values that the session before it has under these keys. If the login has a
 * value under a key, that value stays.
 *
 * @param data as JSON returns it, so that no value is `undefined`
 * @throws SessionsConfigurationError if the data of the login is not an object
 */
export function carryInto(data: unknown, before: unknown, keys: readonly string[]): unknown {
  if (!hasKeys(data)) {
    throw new SessionsConfigurationError(
      'start() was called with `carry`, but its data is not an object. Pass an object.',
    );
  }
  const carried = hasKeys(before)
    ? keys.filter((key) => Object.hasOwn(before, key)).map((key) => [key, before[key]])
    : [];
  return { ...Object.fromEntries(carried), ...data };
}

function hasKeys(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
