import { inspect, types } from 'node:util';
import { hasCredentials } from './credentials.js';
import { ownProperties } from './own-properties.js';
import { SessionsConfigurationError } from './session-error.js';

/** 100 years. */
export const MAX_MILLISECONDS = 100 * 365 * 24 * 60 * 60 * 1000;

/** Maximum length of a string that a message shows: one less than that of the shortest secret, such as a key in hex. */
const MAX_SHOWN = 31;

/** Returns the value if it is a whole number from `min` to `max`, else throws a `SessionsConfigurationError`. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalidOption(name, value, `a whole number from ${min} to ${max}`);
  }
  return value;
}

/** Returns the value without its fraction if it is a number of milliseconds, from 1 to `MAX_MILLISECONDS`. */
export function checkMilliseconds(name: string, value: unknown): number {
  if (
    typeof value !== 'number' ||
    !Number.isFinite(value) ||
    value < 1 ||
    value > MAX_MILLISECONDS
  ) {
    throw invalidOption(
      name,
      value,
      `a number of milliseconds, from 1 to ${MAX_MILLISECONDS} (100 years)`,
    );
  }
  return Math.floor(value);
}

/** Returns the value if it is `true` or `false`. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw invalidOption(name, value, 'true or false');
  }
  return value;
}

/** Throws if the secret that tokens are derived from is not a string of at least 32 characters. Never shows the secret. */
export function checkSecret(secret: unknown): void {
  if (typeof secret !== 'string' || secret.length < 32) {
    throw new SessionsConfigurationError(
      'secret must be a string of at least 32 random characters. Make one with: ' +
        `node -p "crypto.randomBytes(32).toString('base64url')"`,
    );
  }
}

/** Returns the value if it is one of the given strings. */
export function checkOneOf<const Choice extends string>(
  name: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  if (!choices.includes(value as Choice)) {
    throw invalidOption(name, value, choices.map((choice) => `'${choice}'`).join(' or '));
  }
  return value as Choice;
}

/**
 * Returns the own properties of an object of options. Rejects keys of other names, so that a misspelt option is not
 * silently ignored.
 *
 * @param name what has the options
 * @param whole what the message calls the object, if it is not one
 */
export function ownOptions<T extends object>(
  name: string,
  value: T,
  known: readonly string[],
  whole: string = name,
): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidOption(whole, value, 'an object');
  }
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new SessionsConfigurationError(
      `${name} has no option ${unknown.map(shownName).join(', ')}. Known: ${known.join(', ')}.`,
    );
  }
  return ownProperties(value);
}

/** Returns the error for an invalid option or argument. Every token is longer than `MAX_SHOWN`, so none is shown. */
export function invalidOption(
  name: string,
  value: unknown,
  expected: string,
): SessionsConfigurationError {
  return new SessionsConfigurationError(`${name} must be ${expected}, got ${shownValue(value)}.`);
}

function shownValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (hasCredentials(value)) {
        return 'a string that may hold a password';
      }
      return value.length > MAX_SHOWN ? 'a string too long to show' : inspect(value);
    case 'object':
      return shownObject(value);
    case 'function':
    case 'symbol':
    case 'bigint':
      return `a ${typeof value}`;
    default:
      return inspect(value);
  }
}

function shownObject(value: object | null): string {
  if (value === null) {
    return 'null';
  }
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : value.toISOString();
  }
  if (!Array.isArray(value)) {
    return 'an object';
  }
  return value.length === 0 ? 'an empty array' : 'an array';
}

/** Returns the name of an unknown option. It may be a value in the wrong place, so a long one is not shown. */
function shownName(name: string): string {
  if (hasCredentials(name)) {
    return '(a name that may hold a password)';
  }
  return name.length > MAX_SHOWN ? '(a name too long to show)' : `"${inspect(name).slice(1, -1)}"`;
}
