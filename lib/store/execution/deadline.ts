import { SessionStoreError } from '../../common/session-error.js';
import { Countdown } from './countdown.js';
import { timeoutError, toStoreError, type CallStage } from './store-error.js';

/** Whether the statements of a call only read, or also write. */
export type Effect = 'read' | 'write';

/** Runs when a deadline passes. The caller gets the error that it returns, or else that of a timeout. */
type PassAction = (timeout: number) => SessionStoreError | undefined;

/** Ends a call in time, even if its work is not done. What is in flight can't be taken back, but no more may start. */
export class Deadline {
  readonly effect: Effect;
  readonly #timeout: number;
  readonly #countdown: Countdown;
  readonly #reject: (error: SessionStoreError) => void;
  #stage: CallStage = 'unsent';
  #passed = false;
  #onPass: PassAction | undefined;

  /**
   * @param timeout milliseconds from now
   * @param reject gets the error of the caller if the deadline passes
   */
  constructor(timeout: number, effect: Effect, reject: (error: SessionStoreError) => void) {
    this.effect = effect;
    this.#timeout = timeout;
    this.#reject = reject;
    this.#countdown = new Countdown(
      timeout,
      () => this.#stage !== 'unsent',
      () => this.#pass(),
    );
  }

  /** How far the call has got. */
  get stage(): CallStage {
    return this.#stage;
  }

  /** Whether the call ended before its work was done. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Milliseconds until it passes; at least 0. */
  get left(): number {
    return this.#countdown.left;
  }

  /** @throws SessionStoreError if the call has ended already */
  throwIfPassed(): void {
    if (this.#passed) {
      throw new SessionStoreError('The call has timed out, so no further statement is sent.');
    }
  }

  /** Notes that statements are sent from now on. */
  startSending(): void {
    this.#stage = this.effect;
  }

  /** Replaces the action that runs if the deadline passes. */
  onPass(action: PassAction | undefined): void {
    this.#onPass = action;
  }

  /** The call has ended, so that the deadline can't pass any more. */
  stop(): void {
    this.#countdown.stop();
  }

  #pass(): void {
    this.#passed = true;
    this.#reject(this.#onPass?.(this.#timeout) ?? timeoutError(this.#timeout, this.#stage));
  }
}

/** Runs `work` for at most `timeout` milliseconds. Every error that it throws is a `SessionError`. */
export async function withDeadline<Result>(
  timeout: number,
  effect: Effect,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  let deadline!: Deadline;
  const passing = new Promise<never>((_, reject) => {
    deadline = new Deadline(timeout, effect, reject);
  });
  try {
    return await Promise.race([work(deadline), passing]);
  } catch (error) {
    throw toStoreError(error, deadline.stage);
  } finally {
    deadline.stop();
  }
}

/** Runs a check of the start, which Sequelize sends itself and which changes no session. Fails as `withDeadline` does. */
export function checkWithin<Result>(timeout: number, work: () => Promise<Result>): Promise<Result> {
  return withDeadline(timeout, 'read', (deadline) => {
    deadline.startSending();
    return work();
  });
}
