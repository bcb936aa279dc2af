import { inspect } from 'node:util';
import { hasCredentials } from './credentials.js';
import { ownProperties } from './own-properties.js';
import { SessionsConfigurationError } from './session-error.js';

const MAX_MILLISECONDS = 100 * 365 * 24 * 60 * 60 * 1000;

/** The maximum of characters that a message shows of a string. */
const MAX_SHOWN = 32;

/** A whole number from `min` to `max`; throws `SessionsConfigurationError` that names the option. */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalidOption(name, value, `a whole number from ${min} to ${max}`);
  }
  return value;
}

/** A number of milliseconds, from 1 to 100 years. */
export function checkMilliseconds(name: string, value: unknown): number {
  if (
    typeof value !== 'number' ||
    !Number.isFinite(value) ||
    value < 1 ||
    value > MAX_MILLISECONDS
  ) {
    throw invalidOption(name, value, 'a number of milliseconds from 1 to 100 years');
  }
  return Math.floor(value);
}

/** `true` or `false`. */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw invalidOption(name, value, 'true or false');
  }
  return value;
}

/** One of the given strings. */
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
 * The own properties of an object of options. Refuses keys of other names, so that a misspelt option is not silently
 * ignored.
 */
export function ownOptions<T extends object>(name: string, value: T, known: readonly string[]): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidOption(name, value, 'an object');
  }
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new SessionsConfigurationError(
      `${name} has no option ${unknown.map(shownName).join(', ')}. Known: ${known.join(', ')}.`,
    );
  }
  return ownProperties(value);
}

/** The error for an option or argument that is not what it must be. Every token is longer than what is shown of a text. */
export function invalidOption(
  name: string,
  value: unknown,
  expected: string,
): SessionsConfigurationError {
  return new SessionsConfigurationError(`${name} must be ${expected}; it is ${shownValue(value)}.`);
}

function shownValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      if (hasCredentials(value)) {
        return 'a string that may hold a password';
      }
      return value.length > MAX_SHOWN ? 'a longer string' : inspect(value);
    case 'object':
      return value === null ? 'null' : `an ${Array.isArray(value) ? 'array' : 'object'}`;
    case 'function':
    case 'symbol':
    case 'bigint':
      return `a ${typeof value}`;
    default:
      return inspect(value);
  }
}

/** The name of an unknown option. It may be a value in the wrong place, so it is shown no more than one. */
function shownName(name: string): string {
  if (hasCredentials(name)) {
    return 'of a name that may hold a password';
  }
  return name.length > MAX_SHOWN ? 'of a longer name' : `"${inspect(name).slice(1, -1)}"`;
}
