import type { ResolvedBatchOptions } from './batch-options.js';

/**
 * Runs through batches, unless `signal` stops it. Returns how many sessions were counted.
 *
 * @param counted returns how many sessions of a batch count, after it has emitted their events
 */
export async function countBatches<Session>(
  batches: AsyncGenerator<readonly Session[], undefined>,
  { onProgress, signal }: ResolvedBatchOptions<number>,
  counted: (batch: readonly Session[]) => number,
): Promise<number> {
  let count = 0;
  while (!signal?.aborted) {
    const { done, value: batch } = await batches.next();
    if (done) {
      break;
    }
    count += counted(batch);
    await onProgress?.(count);
  }
  return count;
}
