import { setImmediate as turn } from 'node:timers/promises';

/** Runs `work` and returns the rejections that nobody handled meanwhile. */
export async function unhandledRejectionsOf(work: () => Promise<unknown>): Promise<unknown[]> {
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  process.on('unhandledRejection', note);
  try {
    await work();
    await turn();
    await turn();
  } finally {
    process.off('unhandledRejection', note);
  }
  return rejections;
}
