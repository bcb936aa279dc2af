import { invalidOption } from './checks.js';

/**
 * Why sessions end: by a logout or another ending by token (`logout`), because a login replaced it (`replaced`), because a
 * login exceeded `maxSessionsPerUser` (`evicted`), or by its id, its user or with all others (`revoked`). An application
 * declares its own words here: lower-case letters, digits and hyphens, at most 32, the first one a letter.
 *
 * @example
 * ```ts
 * declare module 'nestjs-server-sessions' {
 *   interface SessionEndReasons {
 *     'password-changed': true;
 *   }
 * }
 * ```
 * @publicApi
 */
export interface SessionEndReasons {
  /** Ended by its token. */
  logout: true;
  /** A login of the same client replaced it. */
  replaced: true;
  /** A login exceeded `maxSessionsPerUser`. */
  evicted: true;
  /** Ended by its id, with others of its user, or with all. */
  revoked: true;
}

/**
 * Why a session ended, in one word: one of `SessionEndReasons`.
 *
 * @publicApi
 */
export type SessionEndReason = keyof SessionEndReasons;

const WORD = /^[a-z][a-z0-9-]{0,31}$/;

/** Returns whether a value is a word that an ended session can have as its reason. */
export function isEndReason(value: unknown): value is SessionEndReason {
  return typeof value === 'string' && WORD.test(value);
}

/** @throws SessionsConfigurationError */
export function checkEndReason(value: unknown): SessionEndReason {
  if (!isEndReason(value)) {
    throw invalidOption(
      'reason',
      value,
      'a word of lower-case letters, digits and hyphens, at most 32 characters, such as password-changed',
    );
  }
  return value;
}
