import { checkInteger, ownOptions, invalidOption } from '../../common/checks.js';
import type { SessionStore } from '../session-store.js';
import { subjectOf, type SessionEvents } from '../session-events.js';
import type { RemoveExpiredSessionsOptions } from '../call.options.js';

/**
 * Deletes, batch by batch, all sessions that had expired at `time`, and emits their events. Yields the number of
 * sessions of each batch. It also ends if it finds the same sessions again that it could not delete: SQLite accepts ids
 * that are not text.
 */
export async function* removeExpired(
  store: SessionStore,
  events: SessionEvents,
  time: number,
  batchSize: number,
): AsyncGenerator<number, undefined> {
  let kept: string | undefined;
  for (;;) {
    const found = await store.expired.find(time, batchSize);
    const ids = found.map(({ id }) => id).join();
    if (found.length === 0 || ids === kept) {
      return undefined;
    }
    const removed = await store.expired.remove(found, time);
    kept = removed.length === 0 ? ids : undefined;
    for (const session of removed) {
      events.emit({ type: 'expired', ...subjectOf(session) });
    }
    yield removed.length;
  }
}

/** Deletes all sessions that had expired at `time`, unless `signal` stops it. Returns how many. */
export async function removeAllExpired(
  store: SessionStore,
  events: SessionEvents,
  time: number,
  options: RemoveExpiredSessionsOptions,
): Promise<number> {
  const known = ['batchSize', 'onProgress', 'signal'];
  const own = ownOptions('removeExpiredSessions options', options, known);
  const { batchSize = 1000, onProgress, signal } = own;
  checkInteger('batchSize', batchSize, 1, 1000);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidOption('onProgress', onProgress, 'a function');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption('signal', signal, 'an AbortSignal');
  }
  let count = 0;
  const batches = removeExpired(store, events, time, batchSize);
  while (!signal?.aborted) {
    const { done, value: removed } = await batches.next();
    if (done) {
      break;
    }
    count += removed;
    await onProgress?.(count);
  }
  return count;
}
