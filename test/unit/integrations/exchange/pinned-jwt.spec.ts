import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { pinnedJwt, type JwtPins, type PinnedJwtOptions } from 'nestjs-server-sessions/exchange';

const ISSUER = 'https://shop.example';
const HOUR = 60 * 60;
const exp = Math.floor(Date.now() / 1000) + HOUR;

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns a JWT; the verifier of these tests checks its signature only. */
function jwtOf(claims: object, header: object = { alg: 'HS256' }, key = 'key'): string {
  const signed = `${encoded(header)}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

/** A verifier with a record of what it got. */
function verifierOf(options: Partial<PinnedJwtOptions> = {}) {
  const seen: [string, JwtPins][] = [];
  const verify = pinnedJwt({
    algorithms: ['HS256'],
    issuer: ISSUER,
    verify: async (jwt, pins) => {
      seen.push([jwt, pins]);
      const [header, payload] = jwt.split('.');
      const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString());
      return jwt === jwtOf(claims, JSON.parse(Buffer.from(header!, 'base64url').toString()))
        ? claims
        : undefined;
    },
    data: ({ sub }) => (sub === 'banned' ? undefined : { userId: sub }),
    ...options,
  });
  return { verify, seen };
}

const valid = { iss: ISSUER, sub: 'ann', exp };

describe('pinnedJwt()', () => {
  it('returns the signed bytes, the end and the data of a valid JWT, and passes the pins on', async () => {
    const { verify, seen } = verifierOf();
    const jwt = jwtOf(valid);
    await expect(verify(jwt)).resolves.toEqual({
      key: jwt.slice(0, jwt.lastIndexOf('.')),
      expiresAt: new Date(exp * 1000),
      data: { userId: 'ann' },
    });
    expect(seen).toEqual([[jwt, { algorithms: ['HS256'], issuer: ISSUER }]]);
  });

  it('with issuer: false accepts only JWTs without one, and pins none', async () => {
    const { verify, seen } = verifierOf({ issuer: false });
    const jwt = jwtOf({ sub: 'ann', exp });
    await expect(verify(jwt)).resolves.toMatchObject({ data: { userId: 'ann' } });
    expect(seen).toEqual([[jwt, { algorithms: ['HS256'] }]]);
    for (const iss of [ISSUER, '', null, false]) {
      await expect(verify(jwtOf({ ...valid, iss }))).resolves.toBeUndefined();
    }
    expect(seen).toHaveLength(1);
  });

  it('gives all valid signatures of one JWT the same key', async () => {
    const { verify } = verifierOf({ verify: async () => valid });
    const [header, payload] = jwtOf(valid).split('.');
    const keys = ['AAAA', 'BBBB'].map(async (signature) => {
      const found = await verify(`${header}.${payload}.${signature}`);
      return found!.key;
    });
    expect(new Set(await Promise.all(keys)).size).toBe(1);
  });

  it.each([
    ['another algorithm', jwtOf(valid, { alg: 'HS512' })],
    ['the algorithm none', `${encoded({ alg: 'none' })}.${encoded(valid)}.`],
    ['no algorithm', jwtOf(valid, {})],
    ['another issuer', jwtOf({ ...valid, iss: `${ISSUER}/` })],
    ['no issuer', jwtOf({ sub: 'ann', exp })],
    ['no end', jwtOf({ iss: ISSUER, sub: 'ann' })],
    ['an end that is no date', jwtOf({ ...valid, exp: 1e300 })],
    ['an end before all dates', jwtOf({ ...valid, exp: -1e300 })],
    ['a payload that is no object', `${encoded({ alg: 'HS256' })}.${encoded('ann')}.AAAA`],
    ['five parts', `${jwtOf(valid)}.a.b`],
    ['white space around it', ` ${jwtOf(valid)}`],
    ['too many bytes', jwtOf({ ...valid, text: 'x'.repeat(20_000) })],
    ['no form of a JWT', 'ann'],
  ])('refuses a JWT with %s before the verifier sees it', async (_, jwt) => {
    const { verify, seen } = verifierOf();
    await expect(verify(jwt)).resolves.toBeUndefined();
    expect(seen).toEqual([]);
  });

  it.each([
    ['that the verifier refuses', jwtOf(valid, { alg: 'HS256' }, 'another key')],
    ['whose user may have no session', jwtOf({ ...valid, sub: 'banned' })],
  ])('refuses a JWT %s', async (_, jwt) => {
    await expect(verifierOf().verify(jwt)).resolves.toBeUndefined();
  });

  it('passes an error of the verifier on, such as that of an outage', async () => {
    const { verify } = verifierOf({ verify: () => Promise.reject(new Error('no keys')) });
    await expect(verify(jwtOf(valid))).rejects.toThrow('no keys');
  });

  it.each<[object, string]>([
    [{ algorithms: [] }, 'algorithms must be a list of algorithms'],
    [{ algorithms: ['none'] }, 'algorithms must be a list of algorithms'],
    [{ algorithms: 'HS256' }, 'algorithms must be a list of algorithms'],
    [{ issuer: '' }, 'issuer must be a string that is not empty'],
    [{ verify: undefined }, 'verify must be a function'],
    [{ data: 'ann' }, 'data must be a function'],
    [{ audience: 'shop' }, 'pinnedJwt options has no option "audience"'],
  ])('refuses the options %j', (options, message) => {
    expect(() => verifierOf(options)).toThrow(message);
  });
});
