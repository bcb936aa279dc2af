import { partlyDone } from '../../common/partly-done.js';
import type { ResolvedBatchOptions } from './batch-options.js';

/**
 * Runs through batches, unless `signal` stops it. Returns how many sessions were counted.
 *
 * @param counts whether a session counts
 */
export async function countBatches<Session>(
  batches: AsyncGenerator<readonly Session[], undefined>,
  { onProgress, signal }: ResolvedBatchOptions<number>,
  counts: (session: Session) => boolean,
): Promise<number> {
  let count = 0;
  while (!signal?.aborted) {
    const { done, value: batch } = await nextOf(batches, count);
    if (done) {
      break;
    }
    count += batch.filter(counts).length;
    await onProgress?.(count);
  }
  return count;
}

/** Returns the next batch. If it fails after sessions of earlier batches were counted, the error says so. */
async function nextOf<Session>(
  batches: AsyncGenerator<readonly Session[], undefined>,
  count: number,
): Promise<IteratorResult<readonly Session[], undefined>> {
  try {
    return await batches.next();
  } catch (error) {
    throw count > 0 ? partlyDone(error) : error;
  }
}
