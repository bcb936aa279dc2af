import { invalidOption } from './checks.js';

/**
 * The reasons why sessions end. The library itself uses `logout`, `replaced`, `evicted` and `revoked`. An application
 * declares its own words here: lower-case letters, digits and hyphens, at most 32 in all, the first one a letter.
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
  /** Ended by its token, such as by a logout. */
  logout: true;
  /** A login of the same client replaced it. */
  replaced: true;
  /** A login exceeded `maxSessionsPerUser`. */
  evicted: true;
  /** Ended by its id, with other sessions of its user, or with all sessions. */
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
