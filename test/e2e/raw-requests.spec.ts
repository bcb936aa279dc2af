import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { bearerOf, cookieOf } from '../support/http/responses.js';
import { rawRequest, statusOf } from '../support/http/raw-request.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

/** Headers that do not authenticate, by what is wrong with them; `token` is that of a live session. */
const STRANGE: Record<string, (token: string) => string[]> = {
  'an empty cookie header': () => ['Cookie:'],
  'a cookie header of spaces': () => ['Cookie:    \t  '],
  'semicolons alone': () => ['Cookie: ;;;;;;;;'],
  'equals signs alone': () => ['Cookie: ======'],
  'our name alone': () => ['Cookie: __Host-id'],
  'our name without a value': () => ['Cookie: __Host-id='],
  'our name many times': () => [`Cookie: ${'__Host-id=; '.repeat(500)}`],
  'equals signs as the value': () => ['Cookie: __Host-id====='],
  'a value of one dot': () => ['Cookie: __Host-id=.'],
  'a value of dots of a token’s length': () => [`Cookie: __Host-id=${'.'.repeat(80)}`],
  'a lone quote': () => ['Cookie: __Host-id="'],
  'an unclosed quote': (token) => [`Cookie: __Host-id="${token}`],
  'broken percent encoding': () => ['Cookie: __Host-id=%E0%A4%A; __Host-id=%'],
  'encoded NUL': (token) => [`Cookie: __Host-id=${token}%00`],
  'encoded line breaks': () => ['Cookie: __Host-id=a%0d%0aSet-Cookie:%20x=1'],
  'bytes beyond ASCII': () => ['Cookie: __Host-id=\u00e9\u00ff\u0080'],
  'UTF-8': () => [`Cookie: __Host-id=${Buffer.from('ключ🔑').toString('latin1')}`],
  'a tab in the value': (token) => [`Cookie: __Host-id=${token.replace('.', '\t')}`],
  'a NUL in the value': (token) => [`Cookie: __Host-id=${token}\0`],
  'a folded header': (token) => ['Cookie: theme=dark;', ` ${cookieOf(token)}x`],
  'JSON cookies': () => ['Cookie: __Host-id=j:{"$gt":""}; __Host-id=j:[1,2]'],
  'broken JSON cookies': () => ['Cookie: __Host-id=j:{; __Host-id=j:'],
  'signed cookies': (token) => [`Cookie: __Host-id=s:${token}.sig; __Host-id=s:`],
  'names of object properties': () => ['Cookie: __proto__=1; constructor=2; toString=3'],
  'our name in an object property': () => ['Cookie: __proto__[__Host-id]=1; __Host-id[]=1'],
  'old cookie attributes': () => ['Cookie: $Version=1; __Host-id=x; $Path=/; $Domain=a'],
  'a comma between cookies': (token) => [`Cookie: a=b, ${cookieOf(token)}`],
  'a value of 8000 characters': () => [`Cookie: __Host-id=${'a'.repeat(8000)}`],
  'headers too large for the server': () => [`Cookie: __Host-id=${'a'.repeat(100_000)}`],
  '3000 cookies': () => [`Cookie: ${'a=b;'.repeat(3000)}`],
  'twenty cookie headers': () => Array(20).fill('Cookie: __Host-id=x'),
  'an empty authorization': () => ['Authorization:'],
  'the scheme alone': () => ['Authorization: Bearer'],
  'the scheme and spaces': () => ['Authorization: Bearer      '],
  'the scheme and a tab': (token) => [`Authorization: Bearer\t${token}`],
  'the scheme twice': (token) => [`Authorization: Bearer Bearer ${token}`],
  'a colon after the scheme': (token) => [`Authorization: Bearer: ${token}`],
  'a parameter': (token) => [`Authorization: Bearer token="${token}"`],
  padding: (token) => [`Authorization: Bearer ${token}==`],
  'bytes beyond ASCII in a bearer': () => ['Authorization: Bearer \u00e9\u00ff'],
  'a NUL in a bearer': (token) => [`Authorization: Bearer ${token}\0`],
  'a bearer of 8000 characters': () => [`Authorization: Bearer ${'.'.repeat(8000)}`],
  'a token without its last character': (token) => [`Authorization: Bearer ${token.slice(0, -1)}`],
  'a secret that decodes to the same bytes': (token) => [
    `Authorization: Bearer ${token.slice(0, -1)}${twinOf(token.at(-1)!)}`,
  ],
  'a bearer of SQL': () => ["Authorization: Bearer ' OR 1=1; DROP TABLE server_sessions; --"],
  'our name in other case': (token) => [`Cookie: __HOST-ID=${token}; __host-id=${token}`],
  'a space before the equals sign': (token) => [`Cookie: __Host-id =${token}`],
  'another cookie with ours as its value': (token) => [`Cookie: theme=${cookieOf(token)}`],
  'a quoted value': (token) => [`Cookie: __Host-id="${token}"`],
  'a percent-encoded dot': (token) => [`Cookie: __Host-id=${token.replace('.', '%2E')}`],
  'a percent-encoded name': (token) => [`Cookie: %5F%5FHost-id=${token}`],
  'upper case': (token) => [`Cookie: __Host-id=${token.toUpperCase()}`],
  'the public id alone': (token) => [`Cookie: __Host-id=${token.split('.')[0]}`],
  'the public id with another secret': (token) => [
    `Cookie: __Host-id=${token.split('.')[0]}.${'A'.repeat(43)}`,
  ],
  'five forged cookies of our name': () => [
    `Cookie: ${[1, 2, 3, 4, 5].map((number) => `__Host-id=${number}`).join('; ')}`,
  ],
  'a live cookie behind four forged ones': (token) => [
    `Cookie: ${[1, 2, 3, 4].map((number) => `__Host-id=${number}`).join('; ')}; ${cookieOf(token)}`,
  ],
  'a Cookie2 header': (token) => [`Cookie2: ${cookieOf(token)}`],
  'a Set-Cookie header': (token) => [`Set-Cookie: ${cookieOf(token)}`],
  'Basic credentials': (token) => [
    `Authorization: Basic ${Buffer.from(`ada:${token}`).toString('base64')}`,
  ],
  'Digest credentials': (token) => [`Authorization: Digest username="${token}"`],
  'the token without a scheme': (token) => [`Authorization: ${token}`],
  'a list of bearers': (token) => [`Authorization: Bearer ${token}, Bearer ${token}`],
  'a quoted bearer': (token) => [`Authorization: Bearer "${token}"`],
  'a live cookie beside a cut bearer': (token) => [
    `Cookie: ${cookieOf(token)}`,
    `Authorization: Bearer ${token.slice(0, -1)}`,
  ],
  'a live cookie beside a token without a scheme': (token) => [
    `Cookie: ${cookieOf(token)}`,
    `Authorization: ${token}`,
  ],
  'a token of JSON': (token) => [`Authorization: Bearer {"token":"${token}"}`],
  'a Proxy-Authorization': (token) => [`Proxy-Authorization: Bearer ${token}`],
  'two authorizations': (token) => ['Authorization: Bearer x', `Authorization: Bearer ${token}`],
};

/** Requests that Node's parser rejects before any application gets them. */
const BY_NODE: Readonly<Record<string, number>> = {
  'a NUL in the value': 400,
  'a NUL in a bearer': 400,
  'a folded header': 400,
  'headers too large for the server': 431,
};

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Another character that stands for the same four bits at the end of 43. */
const twinOf = (character: string): string => BASE64URL[BASE64URL.indexOf(character) + 1]!;

describeCookiePlugins((adapter) => {
  let shop: TestApp<ShopSession>;
  let token: string;

  beforeAll(async () => {
    shop = await startApp(adapter, { controllers: [ShopController] });
    token = await shop.manager.createSession({ userId: 'ada', basket: [] });
  });
  afterAll(() => shop.close());

  const statusFor = async (target: string, headers: string[]) =>
    statusOf(await rawRequest(shop.port, target, headers));

  describe('a request with', () => {
    it.each(Object.entries(STRANGE))(
      'a request with %s is refused and causes no failure',
      async (name, headersOf) => {
        const status = await statusFor('GET /me', headersOf(token));
        expect(status).toBe(BY_NODE[name] ?? 401);
      },
    );

    it.each(Object.entries(STRANGE))(
      'a request with %s has no session if the session is optional',
      async (name, headersOf) => {
        const answer = await rawRequest(shop.port, 'GET /visitor', headersOf(token));
        expect(statusOf(answer)).toBe(BY_NODE[name] ?? 200);
        expect(answer).not.toContain('ada');
        expect(answer.toLowerCase()).not.toContain('set-cookie');
      },
    );
  });

  it.each(['Bearer', 'Bearer      ', 'Bearer forged', 'Bearer\tforged', 'Bearer \u00e9\u00ff'])(
    'a live cookie counts beside the foreign authorization %j',
    async (authorization) => {
      const headers = [`Cookie: ${cookieOf(token)}`, `Authorization: ${authorization}`];
      expect(await statusFor('GET /me', headers)).toBe(200);
    },
  );

  it('malformed requests do not harm other sessions', async () => {
    for (const headersOf of Object.values(STRANGE)) {
      await rawRequest(shop.port, 'POST /logout', [...headersOf(token), 'Content-Length: 0']);
    }
    expect(await statusFor('GET /me', [`Cookie: ${cookieOf(token)}`])).toBe(200);
    expect(await statusFor('GET /me', [`Authorization: ${bearerOf(token)}`])).toBe(200);
    expect(shop.logger.lines('error')).toEqual([]);
  });

  it('an unsafe request with an Origin and no Host, as in HTTP/1.0, is refused', async () => {
    const headers = ['Origin: https://app.test', 'Content-Length: 0'];
    const answer = await rawRequest(shop.port, '', headers, ['POST /logout HTTP/1.0']);
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  });

  it('the header bytes of a refusal are exactly these', async () => {
    const missing = await rawRequest(shop.port, 'GET /me', []);
    expect(missing).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(missing).toMatch(/\r\nwww-authenticate: Bearer realm="sessions"\r\n/i);
    const invalid = await rawRequest(shop.port, 'GET /me', ['Authorization: Bearer x']);
    expect(invalid).toMatch(
      /\r\nwww-authenticate: Bearer realm="sessions", error="invalid_token"\r\n/i,
    );
  });
});
