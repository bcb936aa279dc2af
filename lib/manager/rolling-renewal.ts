import type { SequelizeSessionStore, SessionProof } from '../store/sequelize-session.store.js';
import { renewedExpiry } from './expiry.js';
import type { ResolvedManagerOptions } from './manager.options.js';
import type { SessionRecord } from './session-record.js';

/** How long a renewal is remembered, in milliseconds: longer than a request that read the row before it may take. */
const REMEMBERED = 60_000;

/** Renews sessions as they are used, with at most one write per session and `touchAfter`, however many requests. */
export class RollingRenewal {
  readonly #store: SequelizeSessionStore;
  readonly #rules: ResolvedManagerOptions;
  /** Expiries by session id that a renewal of this process, under way or just done, stands for. */
  readonly #expiries = new Map<string, number>();

  constructor(store: SequelizeSessionStore, rules: ResolvedManagerOptions) {
    this.#store = store;
    this.#rules = rules;
  }

  /** Renews where that adds `touchAfter` at least; returns the expiry as it is then. */
  async renew(proof: SessionProof, record: SessionRecord): Promise<Date> {
    const { clock, absoluteTimeout, renewTimestamp, touchAfter } = this.#rules;
    const now = clock.now();
    const expiresAt = Math.max(record.expiresAt.getTime(), this.#expiries.get(proof.id) ?? 0);
    const renewed = renewedExpiry(
      { createdAt: record.createdAt.getTime(), expiresAt },
      now,
      this.#rules,
    );
    if (renewed - expiresAt < touchAfter) {
      return new Date(expiresAt);
    }
    this.#expiries.set(proof.id, renewed);
    try {
      const conditions = { now, absoluteTimeout, leastGain: touchAfter };
      await this.#store.update(proof, conditions, { renewUntil: now + renewTimestamp });
    } catch (error) {
      this.#expiries.delete(proof.id);
      throw error;
    }
    setTimeout(() => this.#forget(proof.id, renewed), REMEMBERED).unref();
    return new Date(renewed);
  }

  #forget(id: string, expiry: number): void {
    if (this.#expiries.get(id) === expiry) {
      this.#expiries.delete(id);
    }
  }
}
