import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { SessionProof } from '../store/session-statements.js';

/**
 * A token is `<id>.<secret>`: a UUIDv7 in lower case (UUIDv8 where the session was imported) and 32 random bytes as 43
 * canonical base64url characters. (The last of 43 carries four bits, so only 16 characters are canonical there; others
 * would decode to the same bytes.)
 */
const TOKEN =
  /^([0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.([\w-]{42}[AEIMQUYcgkosw048])$/;

const TOKEN_LENGTH = 36 + 1 + 43;

/** The public id of a session, as it stands in front of its secret. */
const SESSION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A token, and what the row keeps of it. */
export interface IssuedToken {
  readonly token: string;
  readonly proof: SessionProof;
}

/** The id of a session that is created at `now`. */
export function newSessionId(now: number): string {
  return uuidv7({ msecs: now });
}

/** Whether this is an id of a session's form. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && SESSION_ID.test(id);
}

/** A new token for a session: 256 bits of a CSPRNG (OWASP ASVS 5.0, 7.2.3). */
export function issueToken(id: string): IssuedToken {
  const secret = randomBytes(32).toString('base64url');
  return { token: `${id}.${secret}`, proof: { id, secretHash: hashOf(secret) } };
}

/** What a token proves, or `undefined` for whatever is not a primitive string of exactly a token's form. */
export function parseToken(token: unknown): SessionProof | undefined {
  if (typeof token !== 'string' || token.length !== TOKEN_LENGTH) {
    return undefined;
  }
  const [, id, secret] = TOKEN.exec(token) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secretHash: hashOf(secret) };
}

/** What a row keeps of a secret. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
