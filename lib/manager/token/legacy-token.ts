import { createHash } from 'node:crypto';
import { stringify } from 'uuid';
import type { TokenCredential } from '../../store/queries/statements.js';
import { hashOf } from './token.js';

/** A token of the package `server-sessions`: a UUIDv4 as its canonical text in lower case. */
const LEGACY_TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether this is a token of the package `server-sessions`, by its form. */
export function isLegacyToken(token: unknown): token is string {
  return typeof token === 'string' && LEGACY_TOKEN.test(token);
}

/**
 * What a token of the package `server-sessions` proves, which is also what its imported row keeps of it; `undefined` for
 * whatever is not of its form.
 */
export function legacyCredential(token: unknown): TokenCredential | undefined {
  return isLegacyToken(token) ? { id: idOf(token), secretHash: hashOf(token) } : undefined;
}

/**
 * The public id of an imported session, a UUIDv8 (RFC 9562, section 5.8). It is made of another hash than the one that the
 * row keeps, so that it is part of neither the token nor that.
 */
function idOf(token: string): string {
  const bytes = createHash('sha256').update(`id of ${token}`).digest().subarray(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return stringify(bytes);
}
