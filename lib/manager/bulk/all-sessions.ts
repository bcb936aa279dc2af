import { ownOptions } from '../../common/checks.js';
import { checkEndReason } from '../../common/end-reason.js';
import type {
  OwnerReassignment,
  ReassignOwnersOptions,
  RemoveAllSessionsOptions,
  RemoveExpiredSessionsOptions,
} from '../call.options.js';
import type { SessionCodec } from '../data/session-codec.js';
import { removeOld } from '../expiry/remove-old.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import { endingNow } from '../operations/ending.js';
import type { SessionEvents } from '../session-events.js';
import type { SessionStore } from '../session-store.js';
import { resolveBatchOptions } from './batch-options.js';
import { countBatches } from './count-batches.js';
import { endAll } from './end-all.js';
import { OwnerReassigning } from './reassign-owners.js';

/** Works through the sessions of all users, batch by batch, beside live traffic. */
export class AllSessions {
  readonly #store: SessionStore;
  readonly #events: SessionEvents;
  readonly #options: ResolvedManagerOptions;
  readonly #reassigning: OwnerReassigning;

  constructor(
    store: SessionStore,
    codec: SessionCodec,
    events: SessionEvents,
    options: ResolvedManagerOptions,
  ) {
    this.#store = store;
    this.#events = events;
    this.#options = options;
    this.#reassigning = new OwnerReassigning(store, codec, options.userId);
  }

  /** Deletes and counts the sessions that have expired by now. Also deletes the rows of ended ones after their retention. */
  removeExpired(options: RemoveExpiredSessionsOptions): Promise<number> {
    const { clock, retention } = this.#options;
    const now = clock.now();
    const batchOptions = resolveBatchOptions('removeExpiredSessions', options, 1000);
    const age = { expired: now, ended: now - retention };
    const batches = removeOld(this.#store.old, age, batchOptions.batchSize, (deleted) =>
      this.#events.expired(deleted),
    );
    return countBatches(batches, batchOptions, ({ hadEnded }) => !hadEnded);
  }

  /** Ends the sessions that were created by now, and counts them. */
  remove(options: RemoveAllSessionsOptions): Promise<number> {
    const known = ['batchSize', 'onProgress', 'signal', 'reason'];
    const { reason = 'revoked', ...rest } = ownOptions('removeAllSessions options', options, known);
    const ending = endingNow(checkEndReason(reason), this.#options);
    const batchOptions = resolveBatchOptions('removeAllSessions', rest, 1000);
    const batches = endAll(this.#store.created, ending, batchOptions.batchSize, (ended) =>
      this.#events.removed(ended, 'all', reason),
    );
    return countBatches(batches, batchOptions, () => true);
  }

  /** Gives each session the owner that its data names now. */
  reassignOwners(options: ReassignOwnersOptions): Promise<OwnerReassignment> {
    return this.#reassigning.run(resolveBatchOptions('reassignOwners', options, 100));
  }
}
