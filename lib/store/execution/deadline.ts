import { SessionStoreError } from '../../common/session-error.js';

/** The moment at which a call is answered, whether its work is done or not. */
export class Deadline {
  /** What has to be done when it passes. */
  onPass: (() => void) | undefined;
  /** Whether the work waits for a connection, so that nothing of it was sent. */
  waitsForPool = false;
  #passed = false;

  /** Whether the call was answered without the work. What is under way can't be taken back, but nothing more may start. */
  get passed(): boolean {
    return this.#passed;
  }

  pass(): void {
    this.#passed = true;
    this.onPass?.();
  }
}

/** Runs `work` for at most `timeout` milliseconds, then fails with `SessionStoreError`. */
export async function withDeadline<Result>(
  timeout: number,
  work: (deadline: Deadline) => Promise<Result>,
): Promise<Result> {
  const deadline = new Deadline();
  let timer: NodeJS.Timeout | undefined;
  const passing = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      deadline.pass();
      reject(deadline.waitsForPool ? unsent(timeout) : timeoutError(timeout));
    }, timeout);
  });
  try {
    return await Promise.race([work(deadline), passing]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error of who was not answered within so many milliseconds. */
export function timeoutError(timeout: number): SessionStoreError {
  return new SessionStoreError(
    `The session database did not answer within ${timeout} ms. A write may have been applied.`,
  );
}

function unsent(timeout: number): SessionStoreError {
  return new SessionStoreError(
    `The pool gave no connection within ${timeout} ms, so nothing was sent. The session database is away, ` +
      'or open transactions hold the pool.',
  );
}

/** @throws SessionStoreError where the caller has been answered already */
export function throwIfPassed(deadline: Deadline): void {
  if (deadline.passed) {
    throw new SessionStoreError('The session database was busy for too long; nothing was changed.');
  }
}
