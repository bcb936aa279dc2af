import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../common/clock.js';
import type { DeletedSession, SessionStore } from '../session-store.js';
import type { ResolvedCleanupOptions } from './cleanup.options.js';
import { removeOld } from './remove-old.js';
import type { SessionEvents } from '../session-events.js';

/** Milliseconds between two batches, so that a long sweep leaves the database time for requests. */
const PAUSE_MS = 100;

/** Removes expired sessions, and the rows of ended ones, in the background. Its timers keep no process alive. */
export class SessionSweeper {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #clock: Clock;
  readonly #options: ResolvedCleanupOptions;
  readonly #onError: (error: unknown) => void;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /** @param onError gets the error that ended a sweep early */
  constructor(
    store: SessionStore,
    events: SessionEvents,
    clock: Clock,
    options: ResolvedCleanupOptions,
    onError: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#events = events;
    this.#clock = clock;
    this.#options = options;
    this.#onError = onError;
  }

  /**
   * Sweeps after about an interval, and again about an interval after each sweep. The delay is random, so that replicas
   * don't sweep at the same time. If the interval is `false`, it never sweeps.
   */
  start(): void {
    const { interval } = this.#options;
    if (interval === false) {
      return;
    }
    const delay = interval * (0.5 + Math.random());
    this.#timer = setTimeout(() => {
      this.#running = this.#sweep().then(() => {
        this.#running = undefined;
        if (!this.#stopping.signal.aborted) {
          this.start();
        }
      });
    }, delay).unref();
  }

  /** Starts no more sweeps and waits for the batch that is running. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { retention, batchSize } = this.#options;
    const { signal } = this.#stopping;
    try {
      const time = this.#clock.now() - retention;
      const age = { expired: time, ended: time };
      const onDeleted = (deleted: readonly DeletedSession[]) => this.#events.expired(deleted);
      for await (const _ of removeOld(this.#store.old, age, batchSize, onDeleted)) {
        if (signal.aborted) {
          return;
        }
        await pause(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
      }
    } catch (error) {
      this.#onError(error);
    }
  }
}
