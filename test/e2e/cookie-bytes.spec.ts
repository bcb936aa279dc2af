import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { cookieOf } from '../support/http/responses.js';
import { cookiesSeenBy } from '../support/http/cookie-pairs.js';
import { decoded, takeDecodedHeaders } from '../support/http/decoded-headers.js';
import { rawRequest, statusOf } from '../support/http/raw-request.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { codeOf, TRIMMED_CHARACTERS } from '../support/http/trimmed-characters.js';

/** Sends a request with a Cookie header; resolves to its status. */
type Send = (method: 'get' | 'post', path: string, cookie: string) => Promise<number>;

describeCookiePlugins((adapter) => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp(adapter, {
      controllers: [ShopController],
      configure: takeDecodedHeaders,
    });
  });
  afterAll(() => shop.close());

  const login = (userId: string) => shop.manager.createSession({ userId, basket: [] });

  const overSocket: Send = async (method, path, cookie) => {
    const headers = [`Cookie: ${cookie}`, 'Content-Length: 0'];
    return statusOf(await rawRequest(shop.port, `${method.toUpperCase()} ${path}`, headers));
  };
  const asText: Send = async (method, path, cookie) =>
    (await shop.http()[method](path).set(decoded({ cookie }))).status;

  const lives = (token: string) =>
    shop.manager.retrieveSession(token).then(
      () => true,
      () => false,
    );

  const cases = [
    { way: 'sent over a socket', send: overSocket, mark: '\u00a0' },
    ...TRIMMED_CHARACTERS.map((mark) => ({ way: 'decoded by somebody else', send: asText, mark })),
  ].map((each) => ({ ...each, code: codeOf(each.mark) }));

  describe.each(cases)(
    'a cookie with $code before the name of the session cookie, $way',
    ({ send, mark }) => {
      let theirs: string[];
      let planted: string[];

      beforeAll(async () => {
        theirs = await Promise.all(Array.from({ length: 4 }, () => login('eve')));
        planted = theirs.map((token) => `${mark}${cookieOf(token)}`);
      });

      it('a planted cookie gives nobody its session', async () => {
        const ours = cookieOf(await login('ada'));
        expect(await send('get', '/me', planted[0]!)).toBe(401);
        expect(await send('get', '/me', `${planted[0]}; ${ours}`)).toBe(200);
      });

      it('a planted cookie locks nobody out, and neither do four', async () => {
        const ours = cookieOf(await login('ada'));
        expect(await send('get', '/me', [...planted, ours].join('; '))).toBe(200);
      });

      it('a planted cookie does not keep a logout from ending the session, and no other session ends', async () => {
        const ours = await login('ada');
        const cookies = [...planted, cookieOf(ours)].join('; ');
        expect(await send('post', '/logout', cookies)).toBe(200);
        expect(await lives(ours)).toBe(false);
        expect(await Promise.all(theirs.map(lives))).toEqual([true, true, true, true]);
      });
    },
  );

  it.each(cases)('$code after a token belongs to the token: $way', async ({ send, mark }) => {
    expect(await send('get', '/me', `${cookieOf(await login('ada'))}${mark}`)).toBe(401);
  });

  it('of all bytes only space, tab and semicolon can stand before the name or after the value', async () => {
    const ours = cookieOf(await login('ada'));
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    const [before, behind]: [string[], string[]] = [[], []];
    for (const byte of bytes) {
      // Another cookie is on each side, since Node itself trims white space at the ends of a header.
      if ((await overSocket('get', '/me', `a=b;${byte}${ours};c=d`)) === 200) before.push(byte);
      if ((await overSocket('get', '/me', `a=b;${ours}${byte};c=d`)) === 200) behind.push(byte);
    }
    expect(before).toEqual(['\t', ' ', ';']);
    expect(behind).toEqual(['\t', ' ', ';']);
  });

  it('the session cookie is found after 3000 other cookies, as many as fit into a header', async () => {
    const others = 'a=b;'.repeat(3000);
    expect(await overSocket('get', '/me', others + cookieOf(await login('ada')))).toBe(200);
  });

  it('cookies of any bytes are read by the grammar of RFC 6265', async () => {
    const [ada, bob, dead] = [await login('ada'), await login('bob'), await login('eve')];
    await shop.manager.removeSession(dead);
    const names = new Map([
      [ada, 'ada'],
      [bob, 'bob'],
    ]);
    const byte = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
    const noise = fc.string({ unit: byte.map((code) => String.fromCharCode(code)), maxLength: 3 });
    const often = (usual: fc.Arbitrary<string>, rare = noise) =>
      fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: rare });
    const space = often(fc.stringMatching(/^[ \t]{0,3}$/));
    const name = often(
      fc.constant('__Host-id'),
      fc.constantFrom('__Host-i', '__host-id', 'x__Host-id', '', '\u00a0__Host-id'),
    );
    const equals = often(fc.constant('='), fc.constantFrom('= ', ' =', '==', ''));
    const value = often(fc.constantFrom(ada, bob, dead, `"${ada}"`, ''));
    const pair = fc.tuple(space, name, equals, value, space);
    const header = fc.array(pair, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(header, async (pairs) => {
        const text = pairs.map((parts) => parts.join('')).join(';');
        const values = cookiesSeenBy(Buffer.from(text, 'latin1'), '__Host-id').slice(0, 4);
        const users = values.flatMap((each) => names.get(each) ?? []);
        const answer = await rawRequest(shop.port, 'GET /me', [`Cookie: ${text}`]);
        expect(statusOf(answer)).toBe(users.length === 1 ? 200 : 401);
        expect(/"name":"(\w+)"/.exec(answer)?.[1]).toBe(users.length === 1 ? users[0] : undefined);
      }),
      { numRuns: 200 },
    );
  });
});
