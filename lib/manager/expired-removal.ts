import type { SequelizeSessionStore } from '../store/sequelize-session.store.js';
import { subjectOf, type SessionEvents } from './session-events.js';

/** Deletes, batch by batch, all sessions that had expired at `time`, and tells of them; gives how many each batch had. */
export async function* removeExpired(
  store: SequelizeSessionStore,
  events: SessionEvents,
  time: number,
  batchSize: number,
): AsyncGenerator<number, undefined> {
  for (;;) {
    const found = await store.expired.find(time, batchSize);
    if (found.length === 0) {
      return undefined;
    }
    const removed = await store.expired.remove(found, time);
    for (const session of removed) {
      events.emit({ type: 'expired', ...subjectOf(session) });
    }
    yield removed.length;
  }
}
