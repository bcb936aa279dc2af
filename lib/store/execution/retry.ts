import { setTimeout as pause } from 'node:timers/promises';

/** Returns the result of `work`. Retries it after a short pause as long as `again` returns true for its error. */
export async function retry<Result>(
  work: () => Promise<Result>,
  again: (error: unknown) => boolean,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!again(error)) {
        throw error;
      }
      await pause(5 + Math.random() * 20);
    }
  }
}
