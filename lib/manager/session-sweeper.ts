import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../common/clock.js';
import type { RemovedSession } from '../store/delete-returning.js';
import type { SequelizeSessionStore } from '../store/sequelize-session.store.js';
import type { ResolvedCleanupOptions } from './cleanup.options.js';
import { removeExpired } from './expired-removal.js';

/** Milliseconds between two batches, so that a long sweep leaves the database to the requests. */
const PAUSE = 100;

/** Who is told what a sweep did. */
export interface SweepListener {
  removed(sessions: readonly RemovedSession[]): void;
  failed(error: unknown): void;
}

/** Removes expired sessions in the background. Its timers keep no process alive. */
export class SessionSweeper {
  readonly #store: SequelizeSessionStore;
  readonly #clock: Clock;
  readonly #options: ResolvedCleanupOptions;
  readonly #listener: SweepListener;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    store: SequelizeSessionStore,
    clock: Clock,
    options: ResolvedCleanupOptions,
    listener: SweepListener,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
  }

  /** Sweeps after about an interval, and an interval after each sweep; spread, so that replicas don't keep step. */
  start(): void {
    const delay = this.#options.interval * (0.5 + Math.random());
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
      const batches = removeExpired(this.#store, this.#clock.now() - retention, batchSize);
      for await (const removed of batches) {
        this.#listener.removed(removed);
        if (signal.aborted) {
          return;
        }
        await pause(PAUSE, undefined, { signal, ref: false }).catch(() => {});
      }
    } catch (error) {
      this.#listener.failed(error);
    }
  }
}
