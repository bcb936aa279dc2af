import { invalidOption } from './checks.js';

/**
 * Where every decision about time comes from. `Date` itself is one; tests pass an object whose time they set.
 *
 * @publicApi
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as `Date.now()` gives them; a fraction is cut off. */
  now(): number;
}

/** The time of the system, by what `Date` is at each moment: fake timers come and go. */
export const SYSTEM_CLOCK: Clock = { now: () => Date.now() };

/** The first moment that the 48 bits of a UUIDv7 have no room for (RFC 9562, section 5.7), in the year 10889. */
const END_OF_TIME = 2 ** 48;

/**
 * The clock by whole milliseconds, as the table keeps them.
 *
 * @throws SessionsConfigurationError from `now()`, when the clock gives no time: an expired session must not look live
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
