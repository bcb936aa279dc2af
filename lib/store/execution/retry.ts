import { setTimeout as pause } from 'node:timers/promises';

/** The result of `work`, which is done again, a moment later, as long as `again` says so of its error. */
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
