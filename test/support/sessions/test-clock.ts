import * as kit from 'nestjs-server-sessions/testing';

/** A clock that stands still until a test moves it. It starts at the same time in each run. */
export class TestClock extends kit.TestClock {
  constructor(start = Date.UTC(2026, 0, 1)) {
    super(start);
  }
}
