import type { SequelizeSessionStore } from '../store/sequelize-session.store.js';
import type { SessionProof } from '../store/session-statements.js';
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

  /** Renews where that adds `touchAfter` at least; the expiry as it is then, and whether this call wrote it. */
  async renew(
    proof: SessionProof,
    record: SessionRecord,
  ): Promise<{ readonly expiresAt: Date; readonly renewed: boolean }> {
    const { clock, absoluteTimeout, renewTimestamp, touchAfter } = this.#rules;
    const now = clock.now();
    const expiresAt = Math.max(record.expiresAt.getTime(), this.#expiries.get(proof.id) ?? 0);
    const until = renewedExpiry(
      { createdAt: record.createdAt.getTime(), expiresAt },
      now,
      this.#rules,
    );
    if (until - expiresAt < touchAfter) {
      return { expiresAt: new Date(expiresAt), renewed: false };
    }
    this.#expiries.set(proof.id, until);
    const conditions = { now, absoluteTimeout, leastGain: touchAfter };
    const change = { renewUntil: now + renewTimestamp };
    try {
      const wrote = await this.#store.update(proof, conditions, change);
      setTimeout(() => this.#forget(proof.id, until), REMEMBERED).unref();
      return { expiresAt: wrote ? new Date(until) : record.expiresAt, renewed: wrote };
    } catch (error) {
      this.#expiries.delete(proof.id);
      throw error;
    }
  }

  #forget(id: string, expiry: number): void {
    if (this.#expiries.get(id) === expiry) {
      this.#expiries.delete(id);
    }
  }
}
