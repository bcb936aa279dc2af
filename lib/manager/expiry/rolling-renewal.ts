import type { SessionStore } from '../session-store.js';
import { effectiveExpiry, liveNow, renewed } from './expiry.js';
import { minimumGain } from './renewal-due.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import type { Lifespan } from '../session-row.js';
import type { SessionEvents } from '../session-events.js';
import type { OpenSession } from '../token/verified-session.js';

/**
 * Minimum milliseconds that a renewal is remembered. A request that read the row before the renewal must end within this
 * time.
 */
const REMEMBERED_MS = 60_000;

/**
 * Renews sessions as they are used, however many requests there are, with at most one write per session in `touchAfter`,
 * or in a tenth of its own lifetime if that is less.
 *
 * For this process a session is in one of two states:
 *
 * - *unknown*: the lifespan of the request's record counts. If a renewal adds at least that time, it is due. Its result
 *   is then remembered before its UPDATE is sent, so that parallel requests send none.
 * - *remembered*: the lifespan after the renewal counts, but only if the record still has the same version. Otherwise, a
 *   call may have given the session a shorter lifetime.
 *
 * An UPDATE that fails makes the session *unknown* again, and the next request tries again. Otherwise the lifespan is
 * forgotten after one to two times `REMEMBERED_MS`. Each period starts a new map and keeps only the previous one.
 */
export class RollingRenewal {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #rules: ResolvedManagerOptions;
  /** Lifespans by session id, after renewals of this process that are in flight or just done. */
  #recent = new Map<string, Lifespan>();
  /** Lifespans from before `#since`. */
  #older = new Map<string, Lifespan>();
  #since = 0;

  constructor(store: SessionStore, events: SessionEvents, rules: ResolvedManagerOptions) {
    this.#store = store;
    this.#events = events;
    this.#rules = rules;
  }

  /**
   * Renews a session if that adds at least `touchAfter`, or a tenth of its own lifetime if that is less, and emits the
   * event. Returns the lifespan that the session has then.
   */
  async renewIfDue({ credential, status, lifespan }: OpenSession<unknown>): Promise<Lifespan> {
    if (status === 'grace') {
      return lifespan;
    }
    const condition = liveNow(this.#rules);
    const before = this.#latest(credential.id, lifespan, condition.now);
    const after = renewed(before, condition.now, this.#rules);
    const gain = effectiveExpiry(after, this.#rules) - effectiveExpiry(before, this.#rules);
    const { renewTimestamp, rolling } = this.#rules;
    const minGain = minimumGain(before, this.#rules);
    if (gain < minGain) {
      return before;
    }
    const lifespans = this.#recent.set(credential.id, after);
    const conditions = { ...condition, minGain };
    const patch = { renewal: { renewTimestamp, rolling } };
    try {
      if (!(await this.#store.update(credential, conditions, patch))) {
        return lifespan;
      }
    } catch (error) {
      lifespans.delete(credential.id);
      throw error;
    }
    this.#events.emit({ type: 'renewed', id: credential.id });
    return after;
  }

  /** Returns the lifespan that is remembered if it is newer than the record's, else the record's. */
  #latest(id: string, lifespan: Lifespan, now: number): Lifespan {
    if (Math.abs(now - this.#since) >= REMEMBERED_MS) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#since = now;
    }
    const known = this.#recent.get(id) ?? this.#older.get(id);
    return known?.version === lifespan.version && known.renewedAt > lifespan.renewedAt
      ? known
      : lifespan;
  }
}
