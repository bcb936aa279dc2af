import { setTimeout as pause } from 'node:timers/promises';

/** Retries until `attempt` succeeds, for at most so many milliseconds. */
export async function eventually<Result>(
  attempt: () => Promise<Result>,
  most = 10_000,
): Promise<Result> {
  const end = performance.now() + most;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) {
        throw error;
      }
    }
    await pause(10);
  }
}
