import { SessionStoreError } from '../../common/session-error.js';
import { TurnQueue } from '../../common/async/turn-queue.js';

/**
 * Orders the saves and removals of sessions within this process. Only an insert can restore a removed session, so only
 * inserts and removals wait for each other: a removal waits for no update, however many requests save the session.
 */
export class SaveOrder {
  /** By the id: inserts run one after the other, since the next one knows whether the session is inserted. */
  readonly #inserts = new TurnQueue(undefined, (error) => error instanceof SessionStoreError);
  /** By the session object, so that a request saves its session in the order of its calls. */
  readonly #saves = new TurnQueue<object>();
  /** Removals by the id, which have not ended. */
  readonly #removals = new Map<string, Set<Promise<unknown>>>();

  /** Saves a session that may have to be inserted: after all inserts and removals of the id that were called before. */
  insert(sid: string, session: object, save: () => Promise<void>): Promise<void> {
    const removals = [...(this.#removals.get(sid) ?? [])];
    return this.#inserts.run(sid, async () => {
      await Promise.allSettled(removals);
      await this.update(session, save);
    });
  }

  /** Saves a session that is only updated: after the saves of this object that were called before. */
  update(session: object, save: () => Promise<void>): Promise<void> {
    return this.#saves.run(session, save);
  }

  /** Removes a session: after the inserts of the id that were called before, beside other removals. */
  async remove(sid: string, remove: () => Promise<void>): Promise<void> {
    const removal = this.#inserts.run(sid, async () => {}).then(remove);
    const removals = this.#removals.get(sid) ?? new Set();
    this.#removals.set(sid, removals.add(removal));
    try {
      await removal;
    } finally {
      removals.delete(removal);
      if (removals.size === 0 && this.#removals.get(sid) === removals) {
        this.#removals.delete(sid);
      }
    }
  }
}
