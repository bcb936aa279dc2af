import { invalidOption, ownOptions } from '../../common/checks.js';
import type { ExchangeableCredential } from './session-exchange.js';

/** Maximum length of a JWT. One that came in a header is shorter. */
const MAX_LENGTH = 16 * 1024;

/** The latest time of a JavaScript date, in seconds. */
const MAX_SECONDS = 8.64e12;

/**
 * The claims of a JWT.
 *
 * @publicApi
 */
export interface JwtClaims {
  /** Who signed it. */
  readonly iss?: string;
  /** Whom it is about: the user. */
  readonly sub?: string;
  /** When it ends, in seconds since 1970. */
  readonly exp?: number;
  /** When it was signed, in seconds since 1970. */
  readonly iat?: number;
  readonly [claim: string]: unknown;
}

/**
 * What a JWT must have to be exchanged.
 *
 * @typeParam Algorithm names of the algorithms
 * @publicApi
 */
export interface JwtPins<Algorithm extends string = string> {
  /** The algorithms that the application signed with, such as `['HS256']`. */
  readonly algorithms: Algorithm[];
  /** The claim `iss`. Missing if JWTs have none. */
  readonly issuer?: string;
}

/**
 * Options of `pinnedJwt()`.
 *
 * @typeParam T type of the session's data
 * @typeParam Algorithm names of the algorithms
 * @publicApi
 */
export interface PinnedJwtOptions<T = any, Algorithm extends string = string> {
  /** The algorithms that the application signed with, such as `['HS256']`. Never `none`. */
  readonly algorithms: readonly Algorithm[];
  /** The claim `iss` that a JWT must have. `false` if the application signed none, as `@nestjs/jwt` does by default. */
  readonly issuer: string | false;
  /**
   * Verifies the signature and the dates with the JWT library of the application. Pass the pins on to that library. Returns
   * the claims, or `undefined` if the JWT is not valid.
   */
  readonly verify: (jwt: string, pins: JwtPins<Algorithm>) => Promise<JwtClaims | undefined>;
  /** Returns the data of the session, or `undefined` if the user may not have one. */
  readonly data: (claims: JwtClaims) => T | undefined | Promise<T | undefined>;
}

/**
 * Returns a function for the option `verify` of `SessionExchange`, which verifies JWTs. It refuses a JWT with another
 * algorithm or issuer, or without an end (`exp`), before the verifier of the application sees it.
 *
 * The key of a JWT is what was signed, its header and payload. The signature is no part of it, since other bytes can be a
 * valid signature of the same JWT.
 *
 * @throws SessionsConfigurationError for wrong options
 * @publicApi
 */
export function pinnedJwt<T = any, const Algorithm extends string = string>(
  options: PinnedJwtOptions<T, Algorithm>,
): (jwt: string) => Promise<ExchangeableCredential<T> | undefined> {
  const known = ['algorithms', 'issuer', 'verify', 'data'];
  const { algorithms, issuer, verify, data } = ownOptions('pinnedJwt options', options, known);
  if (!Array.isArray(algorithms) || algorithms.length === 0 || !algorithms.every(isSigning)) {
    const expected = "a list of algorithms that sign, such as ['HS256'], and not 'none'";
    throw invalidOption('algorithms', algorithms, expected);
  }
  if (issuer !== false && (typeof issuer !== 'string' || issuer === '')) {
    throw invalidOption(
      'issuer',
      issuer,
      'a string that is not empty, or false if the JWTs have no issuer',
    );
  }
  for (const [name, given] of Object.entries({ verify, data })) {
    if (typeof given !== 'function') {
      throw invalidOption(name, given, 'a function');
    }
  }
  return async (jwt) => {
    const signed = signedPart(jwt);
    if (
      !signed ||
      !algorithms.some((algorithm) => algorithm === signed.alg) ||
      signed.iss !== (issuer || undefined)
    ) {
      return undefined;
    }
    const pins = { algorithms: [...algorithms], ...(issuer !== false && { issuer }) };
    const claims = await verify(jwt, pins);
    const content = claims && (await data(claims));
    return content === undefined
      ? undefined
      : { key: signed.key, expiresAt: new Date(signed.exp * 1000), data: content };
  };
}

function isSigning(algorithm: unknown): boolean {
  return (
    typeof algorithm === 'string' && /^[A-Z]\w+$/i.test(algorithm) && !/^none$/i.test(algorithm)
  );
}

/** Returns what is pinned, read from the bytes that the signature covers; `undefined` if this is no JWT with an end. */
function signedPart(
  jwt: string,
): { key: string; alg: string; iss: unknown; exp: number } | undefined {
  const [, key, header, payload] =
    (jwt.length <= MAX_LENGTH && /^(([\w-]+)\.([\w-]+))\.[\w-]+$/.exec(jwt)) || [];
  const [{ alg }, { iss, exp }] = [claimsIn(header), claimsIn(payload)];
  const isPinnable =
    typeof alg === 'string' && typeof exp === 'number' && Math.abs(exp) <= MAX_SECONDS;
  return key !== undefined && isPinnable ? { key, alg, iss, exp } : undefined;
}

function claimsIn(part: string | undefined): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
}
