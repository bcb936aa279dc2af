import { SessionStoreError } from '../../common/session-error.js';
import type { SessionSurvey, SessionTotals } from '../../manager/bulk/session-survey.js';

/** Minimum milliseconds between two counts. */
const COUNTED_FOR_MS = 60_000;

/** Counts may take at most this part of the time. So after a count that took long, the next one waits longer. */
const SHARE = 1 / 20;

/** Totals, and how many milliseconds ago they were counted. */
export interface Sample {
  readonly totals: SessionTotals;
  readonly age: number;
}

/**
 * The totals of the table. They are counted in the background, at most once a minute, when somebody looks. The page never
 * waits for them, and shows those of the latest count with their age.
 */
export class SampledTotals {
  readonly #survey: SessionSurvey;
  readonly #onError: (error: unknown) => void;
  #latest: { readonly totals: SessionTotals; readonly countedAt: number } | undefined;
  #nextAt = -Infinity;
  #isStopped = false;

  constructor(survey: SessionSurvey, onError: (error: unknown) => void) {
    this.#survey = survey;
    this.#onError = onError;
  }

  /** Returns the latest sample, and takes another one if it is time for that; `undefined` before the first one. */
  get(): Sample | undefined {
    const now = performance.now();
    if (now >= this.#nextAt) {
      this.#nextAt = Infinity;
      void this.#count(now);
    }
    return this.#latest && { totals: this.#latest.totals, age: now - this.#latest.countedAt };
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #count(startedAt: number): Promise<void> {
    try {
      const totals = await this.#survey.count(() => this.#isStopped);
      this.#latest = totals && { totals, countedAt: performance.now() };
    } catch (error) {
      if (!(error instanceof SessionStoreError)) {
        this.#onError(error);
      }
    }
    const took = performance.now() - startedAt;
    this.#nextAt = startedAt + Math.max(COUNTED_FOR_MS, took / SHARE);
  }
}
