import type { ResolvedBatchOptions } from '../operations/batch-options.js';
import type { RemovableSessions, RemovedSession } from '../session-store.js';

/**
 * Deletes, batch by batch, all sessions that were removable at `time`. Yields those of each batch. It also ends if it finds
 * the same sessions again that it could not delete: SQLite accepts ids that are not text.
 */
export async function* removeOld(
  sessions: RemovableSessions,
  time: number,
  batchSize: number,
): AsyncGenerator<readonly RemovedSession[], undefined> {
  let kept: string | undefined;
  for (;;) {
    const found = await sessions.find(time, batchSize);
    const ids = found.map(({ id }) => id).join();
    if (found.length === 0 || ids === kept) {
      return undefined;
    }
    const removed = await sessions.remove(found, time);
    kept = removed.length === 0 ? ids : undefined;
    yield removed;
  }
}

/**
 * Deletes all sessions that were removable at `time`, unless `signal` stops it. Returns how many.
 *
 * @param onRemoved gets each session that was deleted
 */
export async function removeAllOld(
  sessions: RemovableSessions,
  time: number,
  { batchSize, onProgress, signal }: ResolvedBatchOptions<number>,
  onRemoved: (session: RemovedSession) => void,
): Promise<number> {
  let count = 0;
  const batches = removeOld(sessions, time, batchSize);
  while (!signal?.aborted) {
    const { done, value: removed } = await batches.next();
    if (done) {
      break;
    }
    removed.forEach(onRemoved);
    count += removed.length;
    await onProgress?.(count);
  }
  return count;
}
