import { randomBytes } from 'node:crypto';
import { ownProperties } from '../../common/own-properties.js';
import { SessionStoreError } from '../../common/session-error.js';
import type { Insertion, IssuedRow, SessionStore, TokenCredential } from '../session-store.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import type { SessionCodec } from '../data/session-codec.js';
import type { CreateSessionOptions } from '../call.options.js';
import { liveNow } from '../expiry/expiry.js';
import { futureTime, ownLifetime } from '../expiry/own-lifetime.js';
import { ownerId, ownerIn } from '../data/owner.js';
import { clientColumns } from '../session-record.js';
import { issueToken, newSessionId, type ParsedToken } from '../token/token.js';

/** A session that was inserted, with its token. */
export type NewInsertion = Insertion<IssuedRow & { readonly token: ParsedToken }>;

/** A session that a user starts by a request. */
export interface Login {
  /** Whether a browser can be bound to it later. */
  readonly canBeBound: boolean;
}

/** Creates sessions, by inserts only. */
export class SessionCreation {
  readonly #store: SessionStore;
  readonly #codec: SessionCodec;
  readonly #options: ResolvedManagerOptions;

  constructor(store: SessionStore, codec: SessionCodec, options: ResolvedManagerOptions) {
    this.#store = store;
    this.#codec = codec;
    this.#options = options;
  }

  /**
   * Creates a session that replaces others. If this fails, none of them is removed
   * (docs/adr/0011-a-login-takes-a-place-or-nothing.md).
   *
   * @param login what is known of a login; `undefined` if this is none
   */
  async create(
    data: unknown,
    options: CreateSessionOptions,
    replaced: readonly TokenCredential[],
    login: Login | undefined,
  ): Promise<NewInsertion> {
    const insert = this.#inserter(data, options, replaced, login);
    for (let tries = 0; tries < 3; tries++) {
      const inserted = await insert((createdAt) => issueToken(newSessionId(createdAt)));
      if (inserted) {
        return inserted;
      }
    }
    throw new SessionStoreError(
      'No session was created: three random session ids in a row already exist. Try again.',
      { reason: 'rejected' },
    );
  }

  /** Creates the session of a derived token; returns `undefined` if its id is taken. */
  createDerived(
    token: ParsedToken,
    data: unknown,
    options: CreateSessionOptions,
  ): Promise<NewInsertion | undefined> {
    return this.#inserter(data, options, [], undefined)(() => token);
  }

  /** Checks everything first, and returns a function that inserts the session with the token it is given. */
  #inserter(
    data: unknown,
    options: CreateSessionOptions,
    replaced: readonly TokenCredential[],
    login: Login | undefined,
  ): (tokenAt: (createdAt: number) => ParsedToken) => Promise<NewInsertion | undefined> {
    const { expireTime, endsAt, userId: givenId, client = {} } = ownProperties(options);
    const lifetime =
      expireTime === undefined ? null : ownLifetime(expireTime, this.#options.absoluteTimeout);
    const hardEnd = endsAt === undefined ? null : futureTime(endsAt, this.#options.clock);
    const encoded = this.#codec.encode(data);
    const owner =
      givenId === undefined ? ownerIn(encoded.read(), this.#options.userId) : ownerId(givenId);
    const userId = owner ?? null;
    const { ipAddress, userAgent } = clientColumns(client, this.#store.textLimit === undefined);
    const issue = (tokenAt: (createdAt: number) => ParsedToken) => {
      const createdAt = this.#options.clock.now();
      const token = tokenAt(createdAt);
      const { id, secretHash } = token.credential;
      const row = {
        id,
        secretHash,
        userId,
        data: this.#codec.seal(id, encoded.json),
        ipAddress,
        userAgent,
        createdAt,
        confirmedAt: login && userId !== null ? createdAt : null,
        lifetime,
        endsAt: hardEnd,
        expiresAt: Math.min(
          createdAt + (lifetime ?? this.#options.expireTime),
          hardEnd ?? Infinity,
        ),
        deviceSecret: login?.canBeBound ? this.#newDeviceSecret(id) : null,
      };
      const condition = { ...liveNow(this.#options), now: createdAt };
      return { token, row, condition };
    };
    const { sessionLimit } = this.#options;
    const limited = sessionLimit && userId !== null ? { ...sessionLimit, userId } : undefined;
    const scope = { replaced, limited, keepsRows: this.#options.retention > 0 };
    return (tokenAt) => this.#store.insert(() => issue(tokenAt), scope);
  }

  /** Returns 256 random bits, as they are stored. They never come from the token, which its thief knows. */
  #newDeviceSecret(id: string): string {
    return this.#codec.sealSecret(id, randomBytes(32).toString('base64url'));
  }
}
