import { createHash } from 'node:crypto';
import type { Rotation, TokenCredential } from '../session-store.js';
import { credentialOf, issueToken, sessionIdOf, type ParsedToken } from './token.js';

/** A token of the package `server-sessions`: a UUIDv4 in its canonical form in lower case. */
const LEGACY_TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * Milliseconds for which a replaced legacy token can still be used, by requests that left the client before it got the
 * new token.
 */
const GRACE_MS = 30_000;

/** A new token for a legacy one, and the rotation that puts it into the row in the same statement as a write. */
export interface LegacyUpgrade {
  readonly token: ParsedToken;
  readonly rotation: Rotation;
}

/** Returns whether this is a token of the package `server-sessions`, by its form. */
export function isLegacyToken(token: unknown): token is string {
  return typeof token === 'string' && LEGACY_TOKEN.test(token);
}

/**
 * Returns the credential of a token of the package `server-sessions`, which its imported row keeps too, or `undefined` for
 * anything else.
 */
export function legacyCredential(token: unknown): TokenCredential | undefined {
  return isLegacyToken(token) ? credentialOf(idOf(token), token) : undefined;
}

/**
 * Returns the token by which a write replaces a legacy token, or `undefined` for any other token, which stays.
 *
 * The states of a legacy token (docs/adr/0012-legacy-tokens.md):
 *
 * 1. *live*: it reads and writes. A write with an upgrade replaces it.
 * 2. *in its grace*, for `GRACE_MS`: it reads and still writes, by the hash that replaced it
 *    (`TokenVerifier.writerInGrace`). An explicit rotation or a new owner ends this early.
 * 3. *rotated*, then *missing*, like any token that was replaced.
 */
export function upgradeLegacyToken(
  { token, credential }: ParsedToken,
  now: number,
): LegacyUpgrade | undefined {
  if (!isLegacyToken(token)) {
    return undefined;
  }
  const issued = issueToken(credential.id);
  const { secretHash } = issued.credential;
  const rotation = { secretHash, previousValidUntil: now + GRACE_MS, previousMayWrite: true };
  return { token: issued, rotation };
}

/**
 * Returns the public id of an imported session. It comes from another hash than the one that the row keeps, so it contains
 * no part of the token or of that hash.
 */
function idOf(token: string): string {
  return sessionIdOf(createHash('sha256').update(`id of ${token}`).digest());
}
