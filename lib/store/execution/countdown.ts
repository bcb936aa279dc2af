import { setImmediate } from 'node:timers';

/** Milliseconds after which a countdown checks whether the process stood still. */
const STEP_MS = 250;

/** Share of a call's timeout by which a timer must be late before the process counts as having stood still. */
const STANDSTILL_SHARE = 1 / 4;

/**
 * Counts down the timeout of a call. If the process stood still, a response may have arrived that nobody has read yet. So
 * when the timeout is over, the event loop first reads what has arrived. If the call is still waiting, its end is postponed
 * once by the time of the standstill, to at most one full timeout from now. If nothing of the call was sent, this happens
 * only after a standstill of at least the whole timeout: a busy process must not make calls wait longer.
 */
export class Countdown {
  readonly #isSent: () => boolean;
  readonly #onEnd: () => void;
  readonly #timeout: number;
  #end: number;
  #hasMoved = false;
  /** Milliseconds that the process stood still. */
  #stoodStill = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /**
   * @param timeout milliseconds
   * @param isSent whether something of the call was sent
   * @param onEnd runs when the time is over, unless the countdown was stopped
   */
  constructor(timeout: number, isSent: () => boolean, onEnd: () => void) {
    this.#end = performance.now() + timeout;
    this.#timeout = timeout;
    this.#isSent = isSent;
    this.#onEnd = onEnd;
    this.#continue();
  }

  /** Milliseconds that are left; at least 0. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #continue(): void {
    const step = Math.min(STEP_MS, this.left);
    const due = performance.now() + step;
    this.#timer = setTimeout(() => {
      const late = performance.now() - due;
      this.#stoodStill += late > STANDSTILL_SHARE * this.#timeout ? late : 0;
      if (this.left > 0) {
        this.#continue();
      } else {
        setImmediate(() => this.#endUnlessMoved());
      }
    }, step);
  }

  #endUnlessMoved(): void {
    if (this.#isStopped) {
      return;
    }
    const wasHeldUp = this.#isSent() ? this.#stoodStill > 0 : this.#stoodStill >= this.#timeout;
    if (wasHeldUp && !this.#hasMoved) {
      this.#hasMoved = true;
      this.#end = Math.min(this.#end + this.#stoodStill, performance.now() + this.#timeout);
      this.#continue();
    } else {
      this.#isStopped = true;
      this.#onEnd();
    }
  }
}
