import { SessionConflictError } from '../../common/session-error.js';
import type { Rotation, TokenCredential } from '../../store/queries/statements.js';
import { isLegacyToken } from './legacy-token.js';
import type { ResolvedManagerOptions } from '../manager.options.js';
import type { TokenVerifier } from './token-verifier.js';
import { issueToken, type ParsedToken } from './token.js';

/** Milliseconds that requests which left the client before it had its new token may go on with the legacy one. */
const GRACE_MS = 30_000;

export interface HandoverRules {
  /** Whether the client can be given a new token, so that a legacy one is replaced. */
  readonly handOver: boolean;
}

/** A write by what a token proves, which gives the session a new secret at once where it gets a rotation. */
type Write<Result> = (credential: TokenCredential, rotation?: Rotation) => Promise<Result>;

/** What a write left, and the token to go on with: another than it was made by where that was replaced. */
export interface Written<Result> {
  readonly token: ParsedToken;
  readonly result: Result;
}

/** Replaces legacy tokens by ours as their sessions are written. */
export class LegacyHandover {
  readonly #verifier: TokenVerifier;
  readonly #options: ResolvedManagerOptions;

  constructor(verifier: TokenVerifier, options: ResolvedManagerOptions) {
    this.#verifier = verifier;
    this.#options = options;
  }

  /**
   * Writes, and replaces a legacy token in the same statement where `handOver` says that the client can be given another.
   * In the grace that this gives it a legacy token writes on: who has two pages open did nothing wrong, and no right was
   * taken away. In that of an explicit rotation it reads only, as any token does.
   */
  async write<Result>(
    token: ParsedToken,
    handOver: boolean,
    write: Write<Result>,
  ): Promise<Written<Result>> {
    const { credential } = token;
    if (!isLegacyToken(token.token)) {
      return { token, result: await write(credential) };
    }
    const { id } = credential;
    const issued = handOver ? issueToken(id) : undefined;
    const rotation = issued && {
      secretHash: issued.credential.secretHash,
      previousValidUntil: this.#options.clock.now() + GRACE_MS,
      previousMayWrite: true,
    };
    try {
      return { token: issued ?? token, result: await write(credential, rotation) };
    } catch (error) {
      const found =
        error instanceof SessionConflictError && (await this.#verifier.find(credential));
      if (!found || found.status !== 'grace' || !found.row.previousMayWrite) {
        throw error;
      }
      const { secretHash } = found.row;
      return {
        token,
        result: await write({ id, secretHash, replacedHash: credential.secretHash }),
      };
    }
  }
}
