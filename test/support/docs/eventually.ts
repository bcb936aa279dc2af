import { setTimeout as pause } from 'node:timers/promises';

/** Tries again until `attempt` succeeds, for ten seconds at the most. */
export async function eventually<Result>(attempt: () => Promise<Result>): Promise<Result> {
  const end = Date.now() + 10_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
    }
    await pause(10);
  }
}
