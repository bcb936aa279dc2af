import type { Age, DeletedSession, OldSessions, OnEnded, SweepPosition } from '../session-store.js';

/**
 * Deletes, batch by batch, all rows of this age. Yields those of each batch. Each batch starts where the one before ended,
 * since rows of ended sessions may have to stay among those that are deleted.
 *
 * @param onDeleted gets them as soon as they are deleted
 */
export async function* removeOld(
  sessions: OldSessions,
  age: Age,
  batchSize: number,
  onDeleted?: OnEnded<DeletedSession>,
): AsyncGenerator<readonly DeletedSession[], undefined> {
  let after: SweepPosition | undefined;
  for (;;) {
    const found = await sessions.find(age, batchSize, after);
    const last = found.at(-1);
    if (!last) {
      return undefined;
    }
    after = last;
    const ids = found.filter(({ isOld }) => isOld).map(({ id }) => id);
    yield ids.length > 0 ? await sessions.remove(ids, age, onDeleted) : [];
  }
}
