import { createHmac } from 'node:crypto';
import { credentialOf, sessionIdOf, type ParsedToken } from './token.js';

/** An id that another session library gives to a session, and that its cookie holds. */
const FOREIGN_ID = /^[\w-]{32,128}$/;

/**
 * Returns the token of the session that another library knows by this id; `undefined` if the id does not have the form of
 * one. Nobody can compute the token from the id without the secret, so an id in a log opens nothing as a token
 * (docs/adr/0024-express-session-store.md).
 */
export function deriveToken(secret: string, foreignId: unknown): ParsedToken | undefined {
  if (typeof foreignId !== 'string' || !FOREIGN_ID.test(foreignId)) {
    return undefined;
  }
  const derive = (label: 'id' | 'secret') =>
    createHmac('sha256', secret).update(`nestjs-server-sessions ${label} of ${foreignId}`).digest();
  const id = sessionIdOf(derive('id'));
  const ownSecret = derive('secret').toString('base64url');
  return { token: `${id}.${ownSecret}`, credential: credentialOf(id, ownSecret) };
}
