import fc from 'fast-check';

/** Where the second half of the id begins in a token, and where the 20th character of its secret ends. */
const [HALF_ID, ENOUGH_SECRET] = [18, 57];

const SCHEMES = [
  'Bearer ',
  'bearer   ',
  'Bearer\t',
  'BEARER',
  'Bearer: ',
  'Bearer token=',
  'Token ',
  '',
];

const JUNK = fc.string({ unit: 'grapheme-ascii', maxLength: 12 });

/** Authorization headers with a token that was cut, padded, quoted, doubled or written in another case. */
export function damagedTokens(token: string): fc.Arbitrary<string> {
  const cut = fc
    .tuple(fc.nat(HALF_ID), fc.integer({ min: ENOUGH_SECRET, max: token.length }))
    .map(([start, end]) => token.slice(start, end));
  const cased = fc
    .tuple(cut, fc.infiniteStream(fc.boolean()))
    .map(([text, upper]) =>
      Array.from(text, (each) => withCase(each, upper.next().value)).join(''),
    );
  const piece = fc.oneof(fc.constant(token), cut, cased);
  const quoted = fc
    .tuple(fc.constantFrom('"', "'", '`', '<', '{"token":"'), piece)
    .map(([quote, text]) => `${quote}${text}${quote}`);
  const doubled = fc
    .tuple(piece, fc.constantFrom('', ' ', ',', ', Bearer ', '\t'), piece)
    .map((parts) => parts.join(''));
  const padded = fc.tuple(JUNK, piece, JUNK).map((parts) => parts.join(''));
  return fc
    .tuple(fc.constantFrom(...SCHEMES), fc.oneof(piece, quoted, doubled, padded))
    .map((parts) => parts.join(''));
}

const withCase = (character: string, isUpper: boolean) =>
  isUpper ? character.toUpperCase() : character.toLowerCase();

const base64url = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString('base64url'));

const json = fc
  .record({ sub: fc.uuid(), iss: fc.webUrl(), exp: fc.nat(), name: fc.string() })
  .map((claims) => Buffer.from(JSON.stringify(claims)).toString('base64url'));

const jwt = fc.tuple(json, json, base64url(32, 256)).map((parts) => parts.join('.'));

const jwe = fc
  .tuple(json, base64url(32, 256), base64url(12, 12), base64url(1, 300), base64url(16, 16))
  .map((parts) => parts.join('.'));

const basic = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map((text) => Buffer.from(text).toString('base64'));

const opaque = fc.oneof(
  base64url(0, 100),
  fc.uuid(),
  fc.uuid().map((id) => `${id}.short`),
  fc.stringMatching(/^[\da-f]{0,64}$/),
);

/** The value of an Authorization header of the scheme `Bearer` that is not ours. */
export const foreignBearers: fc.Arbitrary<string> = fc
  .oneof(jwt, jwe, opaque)
  .map((token) => `Bearer ${token}`);

/** The value of an Authorization header of another scheme. */
export const otherSchemes: fc.Arbitrary<string> = fc.oneof(
  basic.map((text) => `Basic ${text}`),
  basic.map((text) => `Negotiate ${text}`),
  jwt.map((token) => `DPoP ${token}`),
  opaque.map((text) => `Token ${text}`),
  opaque.map((text) => `Digest username="ada", nonce="${text}", opaque="${text}"`),
  fc.constantFrom('', 'Bearerish', 'Basic'),
);
