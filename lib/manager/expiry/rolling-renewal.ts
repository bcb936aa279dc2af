import type { SessionStore } from '../session-store.js';
import { renewedExpiry } from './expiry.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import type { SessionEvents } from '../session-events.js';
import type { OpenSession } from '../token/verified-session.js';

/** Minimum milliseconds that a renewal is remembered: longer than a request may take that read the row before it. */
const REMEMBERED_MS = 60_000;

/**
 * Renews sessions as they are used, with at most one write per session in `touchAfter`, however many requests there
 * are.
 *
 * For this process a session is in one of two states:
 *
 * - *unknown*: the expiry of the request's record counts. If a renewal adds at least `touchAfter`, it is due. It is
 *   then remembered before its UPDATE is sent, so that parallel requests send none.
 * - *remembered*: the expiry that the renewal gives counts, as long as it is later than the record's.
 *
 * An UPDATE that fails makes the session *unknown* again, and the next request tries again. Otherwise it is forgotten
 * after one to two `REMEMBERED_MS`: each period starts a new map, and the map before the previous one is dropped.
 */
export class RollingRenewal {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #rules: ResolvedManagerOptions;
  /** Expiries by session id, from renewals of this process that are in flight or just done. */
  #recent = new Map<string, number>();
  /** Expiries from before `#since`. */
  #older = new Map<string, number>();
  #since = 0;

  constructor(store: SessionStore, events: SessionEvents, rules: ResolvedManagerOptions) {
    this.#store = store;
    this.#events = events;
    this.#rules = rules;
  }

  /**
   * Renews a session if that adds at least `touchAfter`, and emits the event. Returns the expiry that the session has
   * then.
   */
  async renewIfDue({ credential, status, record }: OpenSession<unknown>): Promise<Date> {
    if (status === 'grace') {
      return record.expiresAt;
    }
    const { clock, absoluteTimeout, renewTimestamp, touchAfter } = this.#rules;
    const now = clock.now();
    const expiresAt = Math.max(record.expiresAt.getTime(), this.#remembered(credential.id, now));
    const until = renewedExpiry(
      { createdAt: record.createdAt.getTime(), expiresAt },
      now,
      this.#rules,
    );
    if (until - expiresAt < touchAfter) {
      return new Date(expiresAt);
    }
    const expiries = this.#recent.set(credential.id, until);
    const conditions = { now, absoluteTimeout, minGain: touchAfter };
    const change = { renewUntil: now + renewTimestamp };
    try {
      if (!(await this.#store.update(credential, conditions, change))) {
        return record.expiresAt;
      }
    } catch (error) {
      expiries.delete(credential.id);
      throw error;
    }
    this.#events.emit({ type: 'renewed', id: record.id });
    return new Date(until);
  }

  #remembered(id: string, now: number): number {
    if (Math.abs(now - this.#since) >= REMEMBERED_MS) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#since = now;
    }
    return this.#recent.get(id) ?? this.#older.get(id) ?? 0;
  }
}
