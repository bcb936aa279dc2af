import { checkMilliseconds } from '../common/checks.js';
import { SessionsConfigurationError, SessionStoreError } from '../common/session-error.js';
import type { RemovedSession } from '../store/delete-returning.js';
import type { SequelizeSessionStore } from '../store/sequelize-session.store.js';
import { newSessionRow, type NewSessionRow, type SessionRow } from '../store/session-row.js';
import type { Moment, SessionProof } from '../store/session-statements.js';
import type { ResolvedManagerOptions } from './manager.options.js';
import type { SessionCodec } from './session-codec.js';
import type { CreateSessionOptions } from './session-manager.options.js';
import { ownerId, ownerIn } from './session-owner.js';
import { clientColumns } from './session-record.js';
import { issueToken, newSessionId } from './token.js';

/** A session that was created, with those that it took the place of. */
export interface CreatedSession {
  readonly token: string;
  readonly row: SessionRow;
  readonly evicted: readonly RemovedSession[];
}

/** Creates sessions; only ever inserts. */
export class SessionCreation {
  readonly #store: SequelizeSessionStore;
  readonly #codec: SessionCodec;
  readonly #options: ResolvedManagerOptions;

  constructor(store: SequelizeSessionStore, codec: SessionCodec, options: ResolvedManagerOptions) {
    this.#store = store;
    this.#codec = codec;
    this.#options = options;
  }

  /** Creates a session in the place of others; nothing is removed where it is refused. */
  async create(
    data: unknown,
    { expireTime, userId, client = {} }: CreateSessionOptions,
    replaced: readonly SessionProof[],
  ): Promise<CreatedSession> {
    const { clock, absoluteTimeout } = this.#options;
    const now = clock.now();
    const content = {
      userId:
        (userId === undefined ? ownerIn(data, this.#options.userId) : ownerId(userId)) ?? null,
      data: this.#codec.encode(data),
      ...clientColumns(client),
      createdAt: now,
      expiresAt: now + this.#lifetime(expireTime),
    };
    for (let tries = 0; tries < 3; tries++) {
      const { token, proof } = issueToken(newSessionId(now));
      const row = { ...proof, ...content };
      const evicted = await this.#insert(row, replaced, { now, absoluteTimeout });
      if (evicted) {
        return { token, row: newSessionRow(row), evicted };
      }
    }
    throw new SessionStoreError('Three random session ids in a row were taken, so none was used.');
  }

  /** The sessions that made room for the new one; `undefined` where its id is taken. */
  async #insert(
    row: NewSessionRow,
    replaced: readonly SessionProof[],
    moment: Moment,
  ): Promise<readonly RemovedSession[] | undefined> {
    const { sessionLimit } = this.#options;
    const { userId } = row;
    if (sessionLimit && userId !== null) {
      return this.#store.ofUser.insert({ ...row, userId }, replaced, sessionLimit, moment);
    }
    for (const proof of replaced) {
      await this.#store.remove(proof);
    }
    return (await this.#store.insert(row)) ? [] : undefined;
  }

  #lifetime(expireTime: number = this.#options.expireTime): number {
    const { absoluteTimeout } = this.#options;
    const lifetime = checkMilliseconds('expireTime', expireTime);
    if (lifetime > absoluteTimeout) {
      throw new SessionsConfigurationError(
        `expireTime (${lifetime} ms) is longer than absoluteTimeout (${absoluteTimeout} ms), which no session outlives.`,
      );
    }
    return lifetime;
  }
}
