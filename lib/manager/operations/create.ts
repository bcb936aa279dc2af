import { randomBytes } from 'node:crypto';
import { ownProperties } from '../../common/own-properties.js';
import { SessionStoreError } from '../../common/session-error.js';
import type {
  CarriedVersion,
  ExchangeMark,
  Insertion,
  IssuedRow,
  SessionStore,
  TokenCredential,
} from '../session-store.js';
import type { SessionRow } from '../session-row.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import { carryInto } from '../data/carried-keys.js';
import type { EncodedData, SessionCodec } from '../data/session-codec.js';
import type { CreateSessionOptions } from '../call.options.js';
import { liveNow } from '../expiry/expiry.js';
import { futureTime, ownLifetime } from '../expiry/own-lifetime.js';
import { ownerId, ownerIn } from '../data/owner.js';
import { clientColumns } from '../session-record.js';
import { issueToken, newSessionId, type ParsedToken } from '../token/token.js';
import type { TokenVerifier } from '../token/token-verifier.js';
import { withNewest } from './carried-session.js';

/** A session that was inserted, with its token. */
export type NewInsertion = Insertion<IssuedRow & { readonly token: ParsedToken }>;

/** A session that a user starts by a request. */
export interface Login {
  /** Whether a browser can be bound to it later. */
  readonly canBeBound: boolean;
  /** The session before it, and the keys whose values go into the new one; `undefined` if none do. */
  readonly carry: Carry | undefined;
}

/** Values of a session that the session after it gets. */
export interface Carry {
  readonly from: ParsedToken;
  readonly keys: readonly string[];
}

/** What a new row stores. */
interface Content {
  readonly encoded: EncodedData;
  readonly userId: string | null;
  /** The version of the earlier session from which a part of the content was read; `undefined` if nothing is carried. */
  readonly carried: CarriedVersion | undefined;
}

/** Inserts a session with the token that it is given; returns `undefined` if the id is taken. */
type Inserter = (tokenAt: (createdAt: number) => ParsedToken) => Promise<NewInsertion | undefined>;

/** The newest row of the session before a login, and the keys that are carried over. */
interface SessionBefore {
  readonly credential: TokenCredential;
  readonly row: SessionRow;
  readonly keys: readonly string[];
}

/** Creates sessions, by inserts only. */
export class SessionCreation {
  readonly #store: SessionStore;
  readonly #verifier: TokenVerifier;
  readonly #codec: SessionCodec;
  readonly #options: ResolvedManagerOptions;

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
    const carry = login?.carry;
    if (!carry) {
      return this.#insert(this.#inserter(data, options, replaced, login));
    }
    const { credential } = carry.from;
    return withNewest(this.#verifier, credential, (row) => {
      const before = { credential, row, keys: carry.keys };
      return this.#insert(this.#inserter(data, options, replaced, login, before));
    });
  }

  async #insert(insert: Inserter): Promise<NewInsertion> {
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

  /** Creates the session of a derived token; returns `undefined` if its id or that of the mark is taken. */
  createDerived(
    token: ParsedToken,
    data: unknown,
    options: CreateSessionOptions,
    mark: ExchangeMark | undefined,
  ): Promise<NewInsertion | undefined> {
    return this.#inserter(data, options, [], undefined, undefined, mark)(() => token);
  }

  /** Checks everything first, and returns a function that inserts the session with the token it is given. */
  #inserter(
    data: unknown,
    options: CreateSessionOptions,
    replaced: readonly TokenCredential[],
    login: Login | undefined,
    before?: SessionBefore,
    mark?: ExchangeMark,
  ): Inserter {
    const { expireTime, endsAt, userId: givenId, client = {} } = ownProperties(options);
    const lifetime =
      expireTime === undefined ? null : ownLifetime(expireTime, this.#options.absoluteTimeout);
    const hardEnd = endsAt === undefined ? null : futureTime(endsAt, this.#options.clock);
    const first = this.#content(data, givenId, before);
    const { userId } = first;
    const { ipAddress, userAgent } = clientColumns(client, this.#store.textLimit === undefined);
    const issue = (tokenAt: (createdAt: number) => ParsedToken, newest: SessionRow | undefined) => {
      const { encoded, carried } = first.carried
        ? this.#newestContent(data, givenId, before!, first, newest)
        : first;
      const createdAt = this.#options.clock.now();
      const token = tokenAt(createdAt);
      const { id, secretHash } = token.credential;
      const row = {
        id,
        secretHash,
        userId,
        actorId: null,
        actorSessionId: null,
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
      return { token, row, carried };
    };
    const { sessionLimit } = this.#options;
    const limited = sessionLimit && userId !== null ? { ...sessionLimit, userId } : undefined;
    const keepsRows = this.#options.retention > 0;
    const scope = {
      replaced,
      limited,
      keepsRows,
      carriedId: first.carried?.id,
      liveNow: () => liveNow(this.#options),
      mark,
    };
    return (tokenAt) => this.#store.insert((newest) => issue(tokenAt, newest), scope);
  }

  /** Returns the content of a new row. Carries nothing over from the session of another user. */
  #content(data: unknown, givenId: unknown, before: SessionBefore | undefined): Content {
    if (before && !this.#isOfAnother(data, givenId, before.row)) {
      const { row, keys } = before;
      const old = this.#codec.decode(row.id, row.data);
      const encoded = this.#codec.encode(carryInto(this.#codec.plain(data), old, keys));
      const userId = this.#ownerOf(encoded.read, givenId);
      if (row.userId === null || row.userId === userId) {
        return { encoded, userId, carried: row };
      }
    }
    const encoded = this.#codec.encode(data);
    return { encoded, userId: this.#ownerOf(encoded.read, givenId), carried: undefined };
  }

  /** Returns whether the session before has another user than the login, as far as the login's own data tells. */
  #isOfAnother(data: unknown, givenId: unknown, { userId }: SessionRow): boolean {
    if (userId === null) {
      return false;
    }
    try {
      const owner = this.#ownerOf(() => this.#codec.plain(data), givenId);
      return owner !== null && owner !== userId;
    } catch {
      // The option `userId` may need what is carried, or what the schema adds. The whole data then decides.
      return false;
    }
  }

  /**
   * Makes the content again if the session before has changed since. If its token can't read it any more, or the new
   * session would get another owner, this returns the former content, whose version the insert refuses.
   */
  #newestContent(
    data: unknown,
    givenId: unknown,
    before: SessionBefore,
    first: Content,
    newest: SessionRow | undefined,
  ): Content {
    if (newest?.version === before.row.version) {
      return first;
    }
    const content =
      newest && this.#verifier.mayRead(newest, before.credential)
        ? this.#content(data, givenId, { ...before, row: newest })
        : undefined;
    return content?.carried && content.userId === first.userId ? content : first;
  }

  /** Returns the owner that the login gives, or else that its data names. */
  #ownerOf(read: () => unknown, givenId: unknown): string | null {
    const owner = givenId === undefined ? ownerIn(read(), this.#options.userId) : ownerId(givenId);
    return owner ?? null;
  }

  /** Returns 256 random bits, as they are stored. They never come from the token, which its thief knows. */
  #newDeviceSecret(id: string): string {
    return this.#codec.sealSecret(id, randomBytes(32).toString('base64url'));
  }
}
