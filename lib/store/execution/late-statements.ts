import type { Driver, RawConnection } from '../drivers/driver.js';
import type { Effect } from './deadline.js';

/** Milliseconds that a late statement has to end, so that the server does not go on with it after its connection is gone. */
const END_TIMEOUT_MS = 500;

/** Milliseconds until a late connection is dropped if dropping as many as the pool holds has not helped. */
const DROP_DELAY_MS = 30_000;

/**
 * Ends statements that missed their deadline on the server, and connections on which they do not end.
 * docs/adr/0023-the-server-ends-late-statements.md explains why.
 *
 * The server may go on with a statement whose connection was dropped. So if as many were dropped as the pool holds, and no
 * statement of the same effect had a response since, a further one is dropped only `DROP_DELAY_MS` later. Reads say nothing
 * about writes: they go on while a table is locked against writes.
 */
export class LateStatements {
  readonly #driver: Driver;
  readonly #maxDrops: number;
  readonly #dropped: Record<Effect, number> = { read: 0, write: 0 };

  /** @param maxDrops how many connections may be dropped in a row */
  constructor(driver: Driver, maxDrops: number) {
    this.#driver = driver;
    this.#maxDrops = maxDrops;
  }

  /** Notes that a statement succeeded. */
  succeeded(effect: Effect): void {
    this.#dropped[effect] = 0;
  }

  /**
   * Lets the server end the statement of a connection, and calls `drop` if it does not end.
   *
   * @returns `isCancelled`: whether a request to the server names this connection, so that it could end a later statement
   * on it; `stop`: to be called when the statement has ended
   */
  end(
    raw: RawConnection,
    effect: Effect,
    drop: () => void,
  ): { isCancelled: boolean; stop(): void } {
    const isCancelled = this.#driver.cancel?.(raw) ?? false;
    let timer = setTimeout(() => {
      if (this.#dropped[effect] < this.#maxDrops) {
        this.#dropped[effect]++;
        drop();
      } else {
        timer = setTimeout(drop, DROP_DELAY_MS).unref();
      }
    }, END_TIMEOUT_MS).unref();
    return { isCancelled, stop: () => clearTimeout(timer) };
  }
}
