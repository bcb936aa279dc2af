import type { RemovedSession } from '../store/delete-returning.js';
import type { SequelizeSessionStore } from '../store/sequelize-session.store.js';

/** Deletes, batch by batch, all sessions that had expired at `time`; gives those that it deleted itself. */
export async function* removeExpired(
  store: SequelizeSessionStore,
  time: number,
  batchSize: number,
): AsyncGenerator<readonly RemovedSession[]> {
  for (;;) {
    const found = await store.expired.find(time, batchSize);
    if (found.length === 0) {
      return;
    }
    yield await store.expired.remove(found, time);
  }
}
