import { hash, randomBytes } from 'node:crypto';
import { stringify, v7 as uuidv7 } from 'uuid';
import type { TokenCredential } from '../session-store.js';

/** The public id of a session: a UUIDv7 in lower case, or a UUIDv8 if it comes from a hash. */
const SESSION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const ID_LENGTH = 36;

/**
 * The secret of a token, which is `<id>.<secret>`: 32 random bytes as 43 canonical base64url characters. (The last of 43
 * carries four bits, so only 16 characters are canonical there; others would decode to the same bytes.)
 */
const SECRET = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/** A token of the right form with its credential, so that its secret is hashed only once, however many calls use it. */
export interface ParsedToken {
  readonly token: string;
  readonly credential: TokenCredential;
}

/** Returns an id for a session that is created at `now`. */
export function newSessionId(now: number): string {
  return uuidv7({ msecs: now });
}

/** Returns an id that comes from the first bytes of a hash, a UUIDv8 (RFC 9562, section 5.8). */
export function sessionIdOf(digest: Uint8Array): string {
  const bytes = digest.slice(0, 16);
  bytes[6] = 0x80 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return stringify(bytes);
}

/** Returns whether this has the form of a session id. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && SESSION_ID.test(id);
}

/** Returns a new token for a session: 256 bits of a CSPRNG (OWASP ASVS 5.0, 7.2.3). */
export function issueToken(id: string): ParsedToken {
  const secret = randomBytes(32).toString('base64url');
  return { token: `${id}.${secret}`, credential: credentialOf(id, secret) };
}

/** Returns the credential of a token, or `undefined` for anything but a primitive string of exactly a token's form. */
export function parseToken(token: unknown): TokenCredential | undefined {
  if (typeof token !== 'string' || token[ID_LENGTH] !== '.') {
    return undefined;
  }
  const [id, secret] = [token.slice(0, ID_LENGTH), token.slice(ID_LENGTH + 1)];
  return isSessionId(id) && SECRET.test(secret) ? credentialOf(id, secret) : undefined;
}

/** Returns the credential of a token: the session's id, and the hash of the secret, which the row keeps. */
export function credentialOf(id: string, secret: string): TokenCredential {
  return { id, secretHash: hash('sha256', secret, 'base64url'), replacedHash: undefined };
}
