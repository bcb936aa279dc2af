import type { Subscription } from 'rxjs';
import type { ResolvedManagerOptions } from '../manager.options.js';
import type { SessionEvents } from '../session-events.js';
import type { SessionState } from '../session-row.js';
import type { SessionStore } from '../session-store.js';
import { endReasonOf, withShownReason, type FoundEnd, type SessionEnd } from './session-end.js';
import {
  callWatcher,
  endOfAccess,
  accessUntil,
  type Opener,
  type Watched,
  type Watcher,
} from './watcher.js';

/** Maximum number of sessions in one read. */
const BATCH_SIZE = 500;

/** Milliseconds in which newly watched sessions are gathered for their first read. */
const GATHER_MS = 10;

/**
 * Tells watchers when their session ends: at once, by an event, if this process ended the session. To find the ends of other
 * processes, this reads all watched sessions once in an interval, batch by batch. Sessions that are new or have just expired
 * are read in between. There is at most one read at a time, so no older row follows a newer one.
 *
 * Neither a failed read nor the clock ends a session: the next read decides. While nothing is watched, there is no timer and
 * no read.
 */
export class WatchedSessions {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #options: ResolvedManagerOptions;
  readonly #onReadError: (error: unknown) => void;
  readonly #onCallbackError: (error: unknown) => void;
  readonly #watched = new Map<string, Watched>();
  #subscription: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, and when all sessions are to be read, in milliseconds of `performance.now()`. */
  #wakeAt = Infinity;
  #allAt = 0;
  #isReading = false;
  #hasFailed = false;
  #reads = 0;
  #isClosed = false;

  /** @param onError gets the errors of callbacks, and the first of several reads that fail */
  constructor(
    store: SessionStore,
    events: SessionEvents,
    options: ResolvedManagerOptions,
    onError: (problem: string, error: unknown) => void,
  ) {
    this.#store = store;
    this.#events = events;
    this.#options = options;
    this.#onReadError = (error) => onError('Watched sessions were not read', error);
    this.#onCallbackError = (error) => onError('A callback of SessionWatch failed', error);
  }

  /**
   * Calls `onEnd` once, when the session ends. After `close()`, this does nothing.
   *
   * @returns a function that stops the watch
   */
  watch(
    id: string,
    onEnd: (end: SessionEnd) => unknown,
    { secretHash, wasCurrent = false, openUntil = Infinity }: Opener,
  ): () => void {
    if (this.#isClosed) {
      return () => {};
    }
    if (this.#watched.size === 0) {
      this.#allAt = performance.now() + this.#options.watch.interval;
      this.#subscription = this.#events.ends$.subscribe((end) => this.#endAll(end));
    }
    const watcher = { onEnd, after: this.#reads, secretHash, wasCurrent, openUntil };
    const watched = this.#watched.get(id);
    if (watched) {
      watched.watchers.add(watcher);
      watched.dueAt = 0;
    } else {
      this.#watched.set(id, { watchers: new Set([watcher]), dueAt: 0 });
    }
    this.#wakeWithin(GATHER_MS);
    return () => this.#forget(id, watcher);
  }

  /** Ends the watches of a session that this process ended. */
  #endAll(end: FoundEnd): void {
    for (const watcher of this.#watchersOf(end.id)) {
      this.#end(watcher, end);
    }
  }

  /** Stops all watches. No callback is called. */
  close(): void {
    this.#isClosed = true;
    this.#watched.clear();
    this.#rest();
  }

  /** Returns a copy, since a callback may watch the same id again. */
  #watchersOf(id: string): Watcher[] {
    return [...(this.#watched.get(id)?.watchers ?? [])];
  }

  #end(watcher: Watcher, end: FoundEnd): void {
    if (this.#forget(end.id, watcher)) {
      const shown = withShownReason(end, this.#options.showEndReason);
      void callWatcher(watcher, shown, this.#onCallbackError);
    }
  }

  /** Returns whether the watcher was still there. */
  #forget(id: string, watcher: Watcher): boolean {
    const watchers = this.#watched.get(id)?.watchers;
    const wasThere = watchers?.delete(watcher) ?? false;
    if (watchers?.size === 0) {
      this.#watched.delete(id);
      if (this.#watched.size === 0) {
        this.#rest();
      }
    }
    return wasThere;
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#wakeAt = Infinity;
    this.#subscription?.unsubscribe();
  }

  /** Sets the timer to this time, unless it fires earlier, or a read is running, which sets the timer at its end. */
  #wakeWithin(milliseconds: number): void {
    const wakeAt = performance.now() + milliseconds;
    if (this.#isReading || wakeAt >= this.#wakeAt) {
      return;
    }
    clearTimeout(this.#timer);
    this.#wakeAt = wakeAt;
    this.#timer = setTimeout(() => void this.#wake(), milliseconds).unref();
  }

  async #wake(): Promise<void> {
    this.#wakeAt = Infinity;
    this.#isReading = true;
    let pause: number;
    try {
      await this.#readDue();
      pause = this.#untilNext();
    } catch (error) {
      if (!this.#hasFailed && !this.#isClosed) {
        this.#onReadError(error);
      }
      this.#hasFailed = true;
      pause = this.#untilAll();
    }
    this.#isReading = false;
    if (this.#watched.size > 0) {
      this.#wakeWithin(pause);
    }
  }

  #untilAll(): number {
    return Math.max(0, this.#allAt - performance.now());
  }

  /** Returns the milliseconds until the next read. After a failure, no session is read before the interval is over. */
  #untilNext(): number {
    const untilAll = this.#untilAll();
    if (this.#hasFailed) {
      return untilAll;
    }
    let dueAt = Infinity;
    for (const watched of this.#watched.values()) {
      dueAt = Math.min(dueAt, watched.dueAt);
    }
    return Math.min(untilAll, Math.max(GATHER_MS, dueAt - this.#options.clock.now()));
  }

  /** Reads all sessions if the interval is over, else those that are due. */
  async #readDue(): Promise<void> {
    let ids = [...this.#watched.keys()];
    if (performance.now() < this.#allAt) {
      const now = this.#options.clock.now();
      ids = ids.filter((id) => this.#watched.get(id)!.dueAt <= now);
    } else {
      this.#allAt = performance.now() + this.#options.watch.interval;
    }
    for (let start = 0; start < ids.length && !this.#isClosed; start += BATCH_SIZE) {
      await this.#read(ids.slice(start, start + BATCH_SIZE));
    }
  }

  async #read(ids: readonly string[]): Promise<void> {
    const read = ++this.#reads;
    const states = await this.#store.states(ids, this.#options);
    for (const id of ids) {
      this.#compare(id, states.get(id), read);
    }
    this.#hasFailed = false;
  }

  /** Ends the watches of a session whose row says so, and notes when the row is to be read again. */
  #compare(id: string, state: SessionState | undefined, read: number): void {
    const watched = this.#watched.get(id);
    const now = this.#options.clock.now();
    const reason = endReasonOf(state, now);
    if (watched && state && !reason) {
      watched.dueAt = state.expiresAt;
    }
    for (const watcher of this.#watchersOf(id)) {
      if (watcher.after >= read) {
        watched!.dueAt = 0;
        continue;
      }
      const end = reason ?? endOfAccess(watcher, state!, now);
      if (end) {
        this.#end(watcher, { id, reason: end });
      } else {
        watched!.dueAt = Math.min(watched!.dueAt, watcher.openUntil, accessUntil(watcher, state!));
      }
    }
  }
}
