import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { checkSecret, invalidOption, ownOptions } from '../../common/checks.js';
import { SessionLimitError, SessionsConfigurationError } from '../../common/session-error.js';
import { serviceOf, type SessionManager } from '../../manager/session-manager.js';
import type { SessionService } from '../../manager/session-service.js';
import { deriveToken } from '../../manager/token/derived-token.js';
import type { ParsedToken } from '../../manager/token/token.js';

/** Milliseconds that a mark is kept after the end of its credential, since clocks of processes differ. */
const CLOCK_MARGIN_MS = 60 * 60 * 1000;

/**
 * What `verify` returns for a valid credential of the old kind.
 *
 * @typeParam T type of the session's data
 * @publicApi
 */
export interface ExchangeableCredential<T = any> {
  /**
   * What all valid forms of this credential have in common, such as the signed bytes of a JWT. There is one session for each
   * key.
   */
  readonly key: string;
  /** When the credential ends. Until then, the table keeps a mark that it was exchanged. */
  readonly expiresAt: Date;
  /** The data of the session that replaces it. */
  readonly data: T;
}

/**
 * Options of `SessionExchange`.
 *
 * @typeParam T type of the session's data
 * @publicApi
 */
export interface SessionExchangeOptions<T = any> {
  /**
   * At least 32 random characters, the same in all processes, and used for nothing else. The tokens of the sessions are
   * derived from it.
   */
  readonly secret: string;
  /** When the exchange ends. From then on no credential is exchanged. */
  readonly until: Date;
  /**
   * Verifies a credential of the old kind. Returns `undefined` for one that is not valid. If it throws, so does
   * `tokenFor()`: throw if you can't tell, such as during an outage.
   */
  readonly verify: (
    credential: string,
  ) => ExchangeableCredential<T> | undefined | Promise<ExchangeableCredential<T> | undefined>;
}

/**
 * Exchanges credentials of the old kind, such as JWTs, for sessions: one session for each credential, however many requests
 * arrive at once, and never a second one after the first has ended (docs/adr/0040-credentials-are-exchanged-once.md).
 *
 * @example
 * ```ts
 * const exchange = new SessionExchange(app.get(SessionManager), {
 *   secret: process.env.EXCHANGE_SECRET!,
 *   until: new Date('2027-03-01'),
 *   verify: pinnedJwt({ algorithms: ['HS256'], issuer: 'shop', verify, data }),
 * });
 * const token = await exchange.tokenFor(jwt);
 * ```
 * @publicApi
 */
export class SessionExchange<T = any> {
  readonly #sessions: SessionService<T>;
  readonly #options: SessionExchangeOptions<T>;

  /** @throws SessionsConfigurationError for wrong options */
  constructor(manager: SessionManager<T>, options: SessionExchangeOptions<T>) {
    this.#sessions = serviceOf(manager);
    const known = ['secret', 'until', 'verify'];
    this.#options = ownOptions('SessionExchange options', options, known);
    const { secret, until, verify } = this.#options;
    checkSecret(secret);
    if (!isDate(until)) {
      throw invalidOption('until', until, 'a Date');
    }
    if (typeof verify !== 'function') {
      throw invalidOption('verify', verify, 'a function');
    }
  }

  /**
   * Returns the token of the session that replaces a credential, and creates the session at the first call. If that session
   * has ended, this still returns its token, which opens nothing any more.
   *
   * @returns `undefined` if the credential is not valid, or the exchange has ended
   * @throws SessionStoreError, SessionLimitError, SessionDataError, SessionDataTooLargeError; SessionsConfigurationError if
   * `verify` returns anything else
   */
  async tokenFor(credential: string): Promise<string | undefined> {
    if (typeof credential !== 'string' || this.#sessions.now() >= this.#options.until.getTime()) {
      return undefined;
    }
    const verified = await this.#options.verify(credential);
    if (verified === undefined) {
      return undefined;
    }
    const { key, expiresAt, data } = checked(verified);
    const until = expiresAt.getTime();
    if (until <= this.#sessions.now()) {
      return undefined;
    }
    const token = this.#derive('session', key);
    if ((await this.#sessions.verifier.verify(token)).status === 'missing') {
      const mark = this.#derive('mark', key).credential;
      // If the id is taken, a parallel request was faster, or the session has ended: the token says which.
      const creation = this.#sessions.createDerived(
        token,
        data,
        {},
        { ...mark, until: until + CLOCK_MARGIN_MS },
      );
      await creation.catch(async (error: unknown) => {
        // A parallel request may have taken the last place for the same session.
        const isLimit = error instanceof SessionLimitError;
        if (!isLimit || (await this.#sessions.verifier.verify(token)).status === 'missing') {
          throw error;
        }
      });
    }
    return token.token;
  }

  #derive(label: 'session' | 'mark', key: string): ParsedToken {
    const digest = createHash('sha256').update(`exchange ${label} ${key}`).digest('base64url');
    return deriveToken(this.#options.secret, digest)!;
  }
}

/** @throws SessionsConfigurationError */
function checked<T>(verified: ExchangeableCredential<T>): ExchangeableCredential<T> {
  const { key, expiresAt } = Object(verified) as ExchangeableCredential<T>;
  if (typeof key !== 'string' || key === '') {
    throw new SessionsConfigurationError(
      'The key of a credential must be a string that is not empty. Return one from `verify`.',
    );
  }
  if (!isDate(expiresAt)) {
    throw invalidOption('expiresAt of a credential', expiresAt, 'a Date');
  }
  return verified;
}

function isDate(value: unknown): value is Date {
  return types.isDate(value) && !Number.isNaN(value.getTime());
}
