import fc from 'fast-check';
import { Op } from 'sequelize';

const MEBIBYTE = 'a'.repeat(1024 * 1024);

/** Returns changed forms of a live token, as an attacker could try them; none is the token itself. */
const TWISTS: readonly ((token: string) => unknown)[] = [
  (token) => token.toUpperCase(),
  (token) => token.replace(/[a-f]/, (letter) => letter.toUpperCase()),
  (token) => ` ${token}`,
  (token) => `${token} `,
  (token) => `${token}\n`,
  (token) => `${token}\0`,
  (token) => token.replace('.', '.\0'),
  (token) => token.replace('.', '\u3002'),
  (token) => token.replace('a', 'á'),
  (token) => token.replace('e', 'е'),
  (token) => `${token}\ud800`,
  (token) => `${token.slice(0, 40)}\udfff${token.slice(41)}`,
  (token) => `${token}'`,
  (token) => `${token}' OR '1'='1`,
  (token) => `"${token}"`,
  (token) => token.split('.')[0],
  (token) => `${token.split('.')[0]}.`,
  (token) => `${token.split('.')[0]}.%`,
  (token) => token.split('.')[1],
  (token) => token.slice(0, -1),
  (token) => token.replace('.', '%2E'),
  (token) => encodeURIComponent(JSON.stringify(token)),
  (token) => `j:${JSON.stringify(token)}`,
  (token) => `j:${JSON.stringify([token])}`,
  (token) => `s:${token}.c2lnbmF0dXJl`,
  (token) => `${token}${MEBIBYTE}`,
  (token) => [token],
  (token) => [token, token],
  (token) => ({ token }),
  (token) => ({ [Op.eq]: token }),
  (token) => ({ $eq: token }),
  (token) => ({ toString: () => token, length: token.length }),
  (token) => Object.assign(new String(token)),
  (token) => Buffer.from(token),
  (token) => Symbol(token),
  (token) => () => token,
];

const MARKS = [
  "'",
  '"',
  '`',
  ';',
  '--',
  '/*',
  '\\',
  '%',
  '_',
  '\0',
  '\ud800',
  ' OR 1=1',
  '$1',
  ':id',
];

/** Values that do not even have the form of a token. */
export function malformedTokens(live: readonly string[]): fc.Arbitrary<unknown> {
  const token = fc.constantFrom(...live);
  const twisted = fc
    .tuple(token, fc.constantFrom(...TWISTS.keys()))
    .map(([each, twist]) => TWISTS[twist]!(each));
  const marked = fc
    .tuple(token, fc.constantFrom(...MARKS), fc.integer({ min: 0, max: 79 }))
    .map(([each, mark, at]) => each.slice(0, at) + mark + each.slice(at));
  return fc
    .oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 9999 }) },
      { weight: 1, arbitrary: fc.boolean() },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 9999 }).map((number) => `j:${number}`) },
      { weight: 8, arbitrary: twisted },
      { weight: 8, arbitrary: marked },
      { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 90 }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom({ [Op.ne]: null }, { $gt: '' }, { length: 80 }, [1, 2, 3]),
      },
      { weight: 4, arbitrary: fc.anything() },
    )
    .filter((forged) => typeof forged !== 'string' || forged.length !== 80 || !TOKEN.test(forged));
}

/** Tokens of the right form that are not valid: of no session, or a live public id with another secret. */
export function wellFormedForgeries(live: readonly string[]): fc.Arbitrary<string> {
  const token = fc.constantFrom(...live);
  const secret = fc.stringMatching(/^[\w-]{42}[AEIMQUYcgkosw048]$/);
  return fc.oneof(
    fc.tuple(token, secret).map(([each, other]) => `${each.split('.')[0]}.${other}`),
    fc
      .tuple(token, token)
      .filter(([one, other]) => one !== other)
      .map(([one, other]) => `${one.split('.')[0]}.${other.split('.')[1]}`),
    fc
      .tuple(token, fc.integer({ min: 37, max: 78 }))
      .map(([each, at]) => each.slice(0, at) + (each[at] === 'a' ? 'b' : 'a') + each.slice(at + 1)),
    fc.tuple(fc.uuid({ version: 7 }), secret).map((parts) => parts.join('.')),
  );
}

const TOKEN = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\.[\w-]{43}$/;
