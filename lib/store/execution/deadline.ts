import { SessionStoreError } from '../../common/session-error.js';
import { timeoutError, toStoreError, type CallStage } from './store-error.js';

/** Runs when a deadline passes. The caller gets the error that it returns, or else that of a timeout. */
type PassAction = (timeout: number) => SessionStoreError | undefined;

/** Ends a call in time, even if its work is not done. What is in flight can't be taken back, but no more may start. */
export class Deadline {
  readonly #effect: 'read' | 'write';
  #stage: CallStage = 'unsent';
  #passed = false;
  #onPass: PassAction | undefined;

  /** @param effect whether the statements of the call only read, or also write */
  constructor(effect: 'read' | 'write') {
    this.#effect = effect;
  }

  /** How far the call has got. */
  get stage(): CallStage {
    return this.#stage;
  }

  /** Whether the call ended before its work was done. */
  get passed(): boolean {
    return this.#passed;
  }

  /** @throws SessionStoreError if the call has ended already */
  throwIfPassed(): void {
    if (this.#passed) {
      throw new SessionStoreError('The call has timed out, so no further statement is sent.');
    }
  }

  /** Notes that statements are sent from now on. */
  startSending(): void {
    this.#stage = this.#effect;
  }

  /** Replaces the action that runs if the deadline passes. */
  onPass(action: PassAction | undefined): void {
    this.#onPass = action;
  }

  /** Ends the call, `timeout` milliseconds after it began; returns the error of the caller. */
  pass(timeout: number): SessionStoreError {
    this.#passed = true;
    return this.#onPass?.(timeout) ?? timeoutError(timeout, this.#stage);
  }
}

/** Runs `work` for at most `timeout` milliseconds. Every error that it throws is a `SessionError`. */
export async function withDeadline<Result>(
  timeout: number,
  effect: 'read' | 'write',
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline(effect);
  let timer: NodeJS.Timeout | undefined;
  const passing = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(deadline.pass(timeout)), timeout);
  });
  try {
    return await Promise.race([work(deadline), passing]);
  } catch (error) {
    throw toStoreError(error, deadline.stage);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a check of the start, which Sequelize sends itself and which changes no session. Fails as `withDeadline` does. */
export function checkWithin<Result>(timeout: number, work: () => Promise<Result>): Promise<Result> {
  return withDeadline(timeout, 'read', (deadline) => {
    deadline.startSending();
    return work();
  });
}
