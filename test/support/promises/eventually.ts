import { setTimeout as pause } from 'node:timers/promises';

/** Tries again until `attempt` succeeds, for as many milliseconds at the most. */
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
