import { SessionStoreError } from '../common/session-error.js';

/**
 * Runs `work` for at most `timeout` milliseconds, then fails with `SessionStoreError`. What `work` waits for can't be
 * taken back, so it asks `inTime` before it starts anything more.
 */
export async function withDeadline<Result>(
  timeout: number,
  work: (inTime: () => boolean) => Promise<Result>,
): Promise<Result> {
  let expired = false;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      expired = true;
      reject(
        new SessionStoreError(
          `The session database did not answer within ${timeout} ms. A write may have been applied.`,
        ),
      );
    }, timeout);
  });
  try {
    return await Promise.race([work(() => !expired), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
