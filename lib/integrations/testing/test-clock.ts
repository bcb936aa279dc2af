import { invalidOption } from '../../common/checks.js';
import type { Clock } from '../../common/clock.js';

/**
 * A clock that stands still until a test moves it, for the option `clock`.
 *
 * @example
 * ```ts
 * const clock = new TestClock();
 * overrideSessionsOptions(builder, { storagePath: ':memory:', clock });
 * // …
 * clock.advance(24 * 60 * 60 * 1000);
 * ```
 * @publicApi
 */
export class TestClock implements Clock {
  #now: number;

  /** @param start the first time that it shows, a `Date` or milliseconds since 1970. Default: the current time */
  constructor(start: Date | number = Date.now()) {
    this.#now = checkTime('start', Number(start));
  }

  /** Returns the time that it shows, in milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /**
   * Moves the clock by this many milliseconds, back if they are negative.
   *
   * @throws SessionsConfigurationError if this is not a number
   */
  advance(milliseconds: number): void {
    this.#now += checkTime('milliseconds', milliseconds);
  }
}

function checkTime(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw invalidOption(name, value, 'a number of milliseconds');
  }
  return value;
}
