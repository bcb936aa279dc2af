import { invalidOption } from './checks.js';

/**
 * The source of the time for every decision. `Date` itself is a clock; tests pass an object whose time they set.
 *
 * @publicApi
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as `Date.now()` returns them; a fraction is cut off. */
  now(): number;
}

/** The time of the system. It reads the global `Date` at each call, since fake timers replace it. */
export const SYSTEM_CLOCK: Clock = { now: () => Date.now() };

/** The first moment that does not fit in the 48 bits of a UUIDv7 (RFC 9562, section 5.7), in the year 10889. */
const END_OF_TIME = 2 ** 48;

/**
 * Returns the clock in whole milliseconds, as the table stores them.
 *
 * @throws SessionsConfigurationError from `now()` if the clock gives no valid time: an expired session must not look live
 */
export function wholeMilliseconds(clock: Clock): Clock {
  return {
    now() {
      const now: unknown = clock.now();
      if (typeof now !== 'number' || !(now >= 0 && now < END_OF_TIME)) {
        throw invalidOption('clock.now()', now, 'a number of milliseconds since 1970');
      }
      return Math.floor(now);
    },
  };
}
