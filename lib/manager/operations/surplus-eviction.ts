import { setTimeout as pause } from 'node:timers/promises';
import { liveNow, type ExpiryRules } from '../expiry/expiry.js';
import { subjectOf, type SessionEvents } from '../session-events.js';
import type { SessionStore, UserSessionLimit } from '../session-store.js';
import { endingNow } from './ending.js';

/** Milliseconds between two transactions, in which logins of the same user get their turn. */
const PAUSE_MS = 10;

/**
 * Evicts the rest of a user's surplus sessions after a login. A login evicts only a bounded number itself, but a user can
 * have thousands when a limit is turned on or lowered. If the process ends first, the next login of the user continues.
 */
export class SurplusEviction {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #rules: ExpiryRules;
  readonly #onError: (error: unknown) => void;
  readonly #stopping = new AbortController();
  /** The evictions that are running, by user. */
  readonly #running = new Map<string, Promise<void>>();

  /** @param onError gets the error that ended an eviction early */
  constructor(
    store: SessionStore,
    events: SessionEvents,
    rules: ExpiryRules,
    onError: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#events = events;
    this.#rules = rules;
    this.#onError = onError;
  }

  /** Evicts in the background what exceeds the limit of the user, unless this already runs. */
  start(limit: UserSessionLimit): void {
    const { userId } = limit;
    if (!this.#running.has(userId)) {
      const running = this.#evict(limit).finally(() => this.#running.delete(userId));
      this.#running.set(userId, running);
    }
  }

  /** Waits for the transactions that are running. Starts no more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  async #evict(limit: UserSessionLimit): Promise<void> {
    const { signal } = this.#stopping;
    try {
      while (!signal.aborted) {
        await pause(PAUSE_MS, undefined, { signal, ref: false }).catch(() => {});
        if (signal.aborted) {
          return;
        }
        const condition = liveNow(this.#rules);
        const { sessions, hasMore } = await this.#store.ofUser.removeSurplus(
          limit,
          condition,
          endingNow('evicted', this.#rules),
        );
        for (const session of sessions) {
          this.#events.emit({ type: 'evicted', ...subjectOf(session) });
        }
        if (!hasMore) {
          return;
        }
      }
    } catch (error) {
      this.#onError(error);
    }
  }
}
