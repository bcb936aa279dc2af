import type { Clock } from 'nestjs-server-sessions';

/** A clock that stands still until a test moves it. */
export class TestClock implements Clock {
  #now: number;

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  /** Moves the clock by this many milliseconds. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
