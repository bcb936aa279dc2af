import type { CreatedSessions, Ending, OnEnded, RemovedSession } from '../session-store.js';

/**
 * Ends, batch by batch, all sessions that were created by the time of the ending. Yields those of each batch.
 *
 * @param onEnded gets them as soon as they have ended
 */
export async function* endAll(
  sessions: CreatedSessions,
  ending: Ending,
  batchSize: number,
  onEnded: OnEnded<RemovedSession>,
): AsyncGenerator<readonly RemovedSession[], undefined> {
  let after = '';
  for (;;) {
    const ids = await sessions.page(ending.now, after, batchSize);
    const last = ids.at(-1);
    if (last === undefined) {
      return undefined;
    }
    after = last;
    yield await sessions.end(ids, ending, onEnded);
  }
}
