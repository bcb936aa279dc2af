import { generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { sampleSession } from '../../sample-session.mjs';
import { bearerOf, guardedController } from '../guarded.mjs';
import { SECRET } from '../secret.mjs';
import { serveApplication } from '../serve-application.mjs';

/** The keys of an algorithm, imported once, not once per request. */
const KEYS = {
  async HS256() {
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(SECRET),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    );
    return { privateKey: key, publicKey: key };
  },
  ES256: () => generateKeyPair('ES256'),
};

/** A guard of `jose`. */
serveApplication(async ({ algorithm, sessions }) => {
  const { privateKey, publicKey } = await KEYS[algorithm]();
  const verify = async (request) =>
    (await jwtVerify(bearerOf(request), publicKey, { algorithms: [algorithm] })).payload;
  const sign = (n) =>
    new SignJWT(sampleSession(n))
      .setProtectedHeader({ alg: algorithm })
      .setIssuedAt()
      .setExpirationTime('1d')
      .sign(privateKey);
  return {
    controller: guardedController(verify),
    headers: async () => {
      const tokens = await Promise.all(Array.from({ length: sessions }, (_, n) => sign(n)));
      return tokens.map((token) => ({ authorization: `Bearer ${token}` }));
    },
  };
});
