import { partlyDone } from '../../common/partly-done.js';
import { SessionDataError } from '../../common/session-error.js';
import type { OwnerReassignment } from '../call.options.js';
import { ownerIn } from '../data/owner.js';
import type { SessionCodec } from '../data/session-codec.js';
import { isValidRow } from '../session-row.js';
import type { OwnedData, SessionStore } from '../session-store.js';
import { MAX_TRIES } from '../operations/back-off.js';
import type { ResolvedBatchOptions } from './batch-options.js';

/** Gives each session the owner that the option `userId` finds in its data. */
export class OwnerReassigning {
  readonly #store: SessionStore;
  readonly #codec: SessionCodec;
  readonly #findOwner: (data: any) => unknown;

  constructor(store: SessionStore, codec: SessionCodec, findOwner: (data: any) => unknown) {
    this.#store = store;
    this.#codec = codec;
    this.#findOwner = findOwner;
  }

  /**
   * Works through all sessions in the order of their ids, unless `signal` stops it. If the database fails after sessions got
   * another owner, the error says so.
   */
  async run(options: ResolvedBatchOptions<OwnerReassignment>): Promise<OwnerReassignment> {
    const { batchSize, onProgress, signal } = options;
    const done = { read: 0, reassigned: 0, unreadable: 0 };
    let after: string | undefined = '';
    while (!signal?.aborted) {
      try {
        after = await this.#reassignPage(after, batchSize, signal, done);
      } catch (error) {
        throw done.reassigned > 0 ? partlyDone(error) : error;
      }
      if (after === undefined) {
        break;
      }
      await onProgress?.({ ...done });
    }
    return done;
  }

  /**
   * Works through the page after an id, and counts what it does.
   *
   * @returns the last id of the page; `undefined` if the page is empty or `signal` stopped it
   */
  async #reassignPage(
    after: string,
    batchSize: number,
    signal: AbortSignal | undefined,
    done: { -readonly [Count in keyof OwnerReassignment]: number },
  ): Promise<string | undefined> {
    const page = await this.#store.all.page(after, batchSize);
    for (const session of page) {
      if (signal?.aborted) {
        return undefined;
      }
      const outcome = await this.#reassign(session);
      done.read++;
      if (outcome !== 'unchanged') {
        done[outcome]++;
      }
    }
    return page.at(-1)?.id;
  }

  /**
   * Sets the owner of one session. If another writer was faster, this reads it again. An UPDATE never matches a row whose
   * version is damaged. So a damaged row is not tried again, and the number of tries is limited.
   */
  async #reassign(read: OwnedData): Promise<'reassigned' | 'unreadable' | 'unchanged'> {
    let session = read;
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const owner = this.#ownerOf(session);
      if (owner === 'unreadable') {
        return owner;
      }
      if (owner.id === undefined || owner.id === session.userId) {
        return 'unchanged';
      }
      if (await this.#store.all.setOwner(session, owner.id)) {
        return 'reassigned';
      }
      const newer = await this.#store.find(session.id);
      if (newer && !isValidRow(newer)) {
        return 'unreadable';
      }
      if (newer?.endReason !== '') {
        return 'unchanged';
      }
      session = newer;
    }
    return 'unreadable';
  }

  #ownerOf({
    id,
    data,
    version,
  }: OwnedData): { readonly id: string | null | undefined } | 'unreadable' {
    if (typeof data !== 'string' || !Number.isSafeInteger(version)) {
      return 'unreadable';
    }
    try {
      return { id: ownerIn(this.#codec.decode(id, data), this.#findOwner) };
    } catch (error) {
      if (error instanceof SessionDataError) {
        return 'unreadable';
      }
      throw error;
    }
  }
}
