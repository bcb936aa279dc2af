import { createHash, randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { SessionProof } from '../store/sequelize-session.store.js';

/**
 * A token is `<id>.<secret>`: a UUIDv7 in lower case and 32 random bytes as 43 canonical base64url characters. (The
 * last of 43 carries four bits, so only 16 characters are canonical there; others would decode to the same bytes.)
 */
const TOKEN =
  /^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.([\w-]{42}[AEIMQUYcgkosw048])$/;

const TOKEN_LENGTH = 36 + 1 + 43;

/** A new token, and what the row keeps of it. 256 bits of a CSPRNG (OWASP ASVS 5.0, 7.2.3). */
export function issueToken(now: number): { readonly token: string; readonly proof: SessionProof } {
  const id = uuidv7({ msecs: now });
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

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
