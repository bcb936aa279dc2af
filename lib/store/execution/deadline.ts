import { SessionStoreError } from '../../common/session-error.js';
import { toStoreError } from './store-error.js';

/** Runs when a deadline passes. The caller gets the error that it returns, or else that of a late call. */
type PassAction = (timeout: number) => SessionStoreError | undefined;

/** When a call ends, even if its work is not done. What is in flight then can't be taken back, but nothing more may start. */
export class Deadline {
  #passed = false;
  #onPass: PassAction | undefined;

  /** Whether the call has ended without its work. */
  get passed(): boolean {
    return this.#passed;
  }

  /** @throws SessionStoreError if the call has ended already */
  throwIfPassed(): void {
    if (this.#passed) {
      throw new SessionStoreError(
        'The session database was busy for too long; nothing was changed.',
      );
    }
  }

  /** Sets what happens if the deadline passes from now on, in the place of what was set before. */
  onPass(action: PassAction | undefined): void {
    this.#onPass = action;
  }

  /** Ends the call, `timeout` milliseconds after it began; returns the error of the caller. */
  pass(timeout: number): SessionStoreError {
    this.#passed = true;
    return this.#onPass?.(timeout) ?? timeoutError(timeout);
  }
}

/** Runs `work` for at most `timeout` milliseconds. It fails with one of our errors and no other. */
export async function withDeadline<Result>(
  timeout: number,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline();
  let timer: NodeJS.Timeout | undefined;
  const passing = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(deadline.pass(timeout)), timeout);
  });
  try {
    return await Promise.race([work(deadline), passing]);
  } catch (error) {
    throw toStoreError(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the error of a call that was not answered within so many milliseconds. */
export function timeoutError(timeout: number): SessionStoreError {
  return new SessionStoreError(
    `The session database did not answer within ${timeout} ms. A write may have been applied.`,
  );
}
