import { checkMilliseconds, invalidOption } from '../../common/checks.js';
import { SessionConflictError, SessionStoreError } from '../../common/session-error.js';
import { TurnQueue } from '../../common/async/turn-queue.js';
import type {
  Rotation,
  SessionPatch,
  SessionStore,
  TokenCredential,
  UpdateConditions,
} from '../session-store.js';
import type { SessionRow } from '../session-row.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import { liveNow } from '../expiry/expiry.js';
import type { TokenVerifier } from '../token/token-verifier.js';
import { applyChange, type SessionChange } from '../data/session-change.js';
import type { EncodedData, SessionCodec } from '../data/session-codec.js';
import type { RegenerateSessionOptions } from '../call.options.js';
import { ownerIn, ownerToWrite, storedOwner } from '../data/owner.js';
import { issueToken } from '../token/token.js';
import { backOff, MAX_TRIES } from './back-off.js';
import type { Updated, WriteResult } from './write-result.js';

/**
 * Milliseconds that one change may delay the next one of its session. Lost changes are prevented by the version, not by
 * waiting for a turn.
 */
const TURN_TIMEOUT_MS = 1000;

/** What an update may do besides changing the data. */
export interface UpdateRules {
  /** Refuses data of another user than the session's. */
  readonly sameUser: boolean;
  /** Replaces the secret in the same statement. */
  readonly rotation: Rotation | undefined;
  /** The own lifetime that the session gets. */
  readonly lifetime: number | undefined;
}

/** What a renewal may do besides extending the session. */
export interface RenewalRules extends Omit<UpdateRules, 'sameUser'> {
  /** Renews an expired session too. */
  readonly allowExpired: boolean;
}

/** What an update writes. */
interface Content {
  readonly encoded: EncodedData;
  /** `undefined` keeps the owner, `null` clears it. */
  readonly userId: string | null | undefined;
}

/** Changes sessions, each with one conditional statement. */
export class SessionUpdates<T> {
  readonly #store: SessionStore;
  readonly #verifier: TokenVerifier;
  readonly #codec: SessionCodec;
  readonly #options: ResolvedManagerOptions;
  readonly #turns = new TurnQueue(TURN_TIMEOUT_MS, (error) => error instanceof SessionStoreError);

  constructor(
    store: SessionStore,
    verifier: TokenVerifier,
    codec: SessionCodec,
    options: ResolvedManagerOptions,
  ) {
    this.#store = store;
    this.#verifier = verifier;
    this.#codec = codec;
    this.#options = options;
  }

  /** Replaces the data, or changes it. */
  update(
    credential: TokenCredential,
    update: T | SessionChange<T>,
    rules: UpdateRules,
  ): Promise<Updated<T>> {
    return typeof update === 'function'
      ? this.#change(credential, update as SessionChange<T>, rules)
      : this.#replace(credential, update, rules);
  }

  /**
   * Replaces the data, whatever it was: in one statement, unless `sameUser` has to know whose data the session has.
   */
  async #replace(credential: TokenCredential, data: T, rules: UpdateRules): Promise<Updated<T>> {
    const encoded = this.#codec.encode(data);
    const owner = ownerIn(encoded.read(), this.#options.userId);
    const isGuarded = rules.sameUser && owner !== undefined;
    if (!isGuarded || typeof owner === 'string') {
      // If the owner is that of the column, the data before does not matter.
      const [userId, column] = isGuarded ? [undefined, owner as string] : [owner, undefined];
      const updated = await this.#write(credential, { encoded, userId }, rules, { owner: column });
      if (updated) {
        return updated;
      }
    }
    return this.#writeToNewest(credential, rules, async (row) => ({
      encoded,
      userId:
        isGuarded || row.actorId !== null
          ? ownerToWrite(row.userId, ownerBefore(row, this.#ownerOf(row)), owner)
          : owner,
    }));
  }

  /**
   * Applies `change` to the newest data, and again if another writer was faster. Within this process, such updates by one
   * secret run one after the other. The key is not the id, which is public: forged tokens must not delay the real client.
   */
  async #change(
    credential: TokenCredential,
    change: SessionChange<T>,
    rules: UpdateRules,
  ): Promise<Updated<T>> {
    return this.#turns.run(credential.secretHash, () =>
      this.#writeToNewest(credential, rules, async (row) => {
        const old = this.#codec.decode(row.id, row.data) as T;
        // Before the change, which may alter the old data.
        const isGuarded = rules.sameUser || row.actorId !== null;
        const oldOwner = isGuarded
          ? ownerBefore(row, storedOwner(old, this.#options.userId))
          : undefined;
        const encoded = this.#codec.encode(await applyChange(change, old));
        const owner = ownerIn(encoded.read(), this.#options.userId);
        const userId = isGuarded ? ownerToWrite(row.userId, oldOwner, owner) : owner;
        return { encoded, userId };
      }),
    );
  }

  /** Writes what `contentFor` makes of the newest row, and tries again if another writer was faster. */
  async #writeToNewest(
    credential: TokenCredential,
    rules: UpdateRules,
    contentFor: (row: SessionRow) => Promise<Content>,
  ): Promise<Updated<T>> {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const row = await this.#verifier.writable(credential);
      const content = await contentFor(row);
      const updated = await this.#write(credential, content, rules, { version: row.version });
      if (updated) {
        return updated;
      }
      await backOff(tries);
    }
    throw new SessionConflictError(
      `Other writers changed the session ${MAX_TRIES} times in a row, so nothing was written. Try again.`,
    );
  }

  /** Returns `undefined` if a condition did not hold. */
  async #write(
    credential: TokenCredential,
    { encoded, userId }: Content,
    rules: UpdateRules,
    conditions: Partial<Pick<UpdateConditions, 'owner' | 'version'>>,
  ): Promise<Updated<T> | undefined> {
    const data = this.#codec.seal(credential.id, encoded.json);
    const patch = { ...this.#patch(rules), data, userId };
    const isWritten = await this.#store.update(
      credential,
      { ...liveNow(this.#options), ...conditions },
      patch,
    );
    return isWritten ? { read: () => this.#codec.parse(encoded.json) as T, userId } : undefined;
  }

  /** Issues a new token, whose secret replaces the old one in the statement that changes the data. */
  async regenerate(
    credential: TokenCredential,
    { change, grace = 0 }: RegenerateSessionOptions<T>,
    confirms: boolean,
  ): Promise<WriteResult<Updated<T> | undefined>> {
    const lasting = grace === 0 ? 0 : checkMilliseconds('grace', grace);
    if (change !== undefined && typeof change !== 'function') {
      throw invalidOption('change', change, 'a function');
    }
    const token = issueToken(credential.id);
    const rotation = {
      secretHash: token.credential.secretHash,
      // Without a grace this is 0 rather than now, since another replica's clock may be behind.
      previousValidUntil: lasting && this.#options.clock.now() + lasting,
      confirms,
    };
    if (!change) {
      await this.renew(credential, { allowExpired: false, rotation, lifetime: undefined });
      return { token, result: undefined };
    }
    // While the old token can still read, the session must not move to another user.
    const rules = { sameUser: lasting > 0, rotation, lifetime: undefined };
    return { token, result: await this.#change(credential, change, rules) };
  }

  /** Extends the session, and replaces the secret if there is a `rotation`. */
  async renew(credential: TokenCredential, rules: RenewalRules): Promise<void> {
    const { allowExpired, rotation, lifetime } = rules;
    const conditions = { ...liveNow(this.#options), allowExpired };
    if (await this.#store.update(credential, conditions, this.#patch(rules))) {
      return;
    }
    await this.#verifier.writable(credential);
    if (rotation || lifetime !== undefined) {
      throw new SessionConflictError(
        'The session changed at the same moment, so nothing was written. Try again.',
      );
    }
  }

  #patch({ rotation, lifetime }: Omit<UpdateRules, 'sameUser'>): SessionPatch {
    const { renewTimestamp, rolling } = this.#options;
    const renewal = { renewTimestamp, rolling, lifetime };
    return rotation ? { renewal, rotation } : { renewal };
  }

  /** Returns the owner that a row's data names; `undefined` if it names none, or can't be read. */
  #ownerOf(row: SessionRow): string | null | undefined {
    try {
      return storedOwner(this.#codec.decode(row.id, row.data), this.#options.userId);
    } catch {
      return undefined;
    }
  }
}

/** Returns the owner that the old data names. An acting session keeps its owner, whatever its data named before. */
function ownerBefore(
  { actorId }: SessionRow,
  named: string | null | undefined,
): string | null | undefined {
  return actorId === null ? named : null;
}
