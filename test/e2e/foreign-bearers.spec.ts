import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import {
  damagedTokens,
  foreignBearers,
  otherSchemes,
} from '../support/arbitraries/authorizations.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';

const JWT =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTk5YzBkZSJ9.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

const FOREIGN: [string, string][] = [
  ['a JWT', bearerOf(JWT)],
  ['an opaque token', bearerOf('nonsense')],
  ['a UUID', bearerOf('3f2b8c1e-9d4a-4e6f-8a7b-0c1d2e3f4a5b')],
  ['no token', 'Bearer'],
];

/** An id, a dot and less of a secret than counts as ours. */
const TOO_SHORT = '0199c0de-0000-7000-8000-000000000000.nineteen-characters';

describeAdapters((adapter) => {
  const { controller, does } = actingController<ShopSession>();
  let shop: TestApp<ShopSession>;
  let ada: string;
  let bob: string;

  beforeAll(async () => {
    shop = await startApp(adapter, { controllers: [ShopController, controller] });
    ada = await createSession('ada');
    bob = await createSession('bob');
  });
  afterAll(() => shop.close());

  const createSession = (userId: string) => shop.manager.createSession({ userId, basket: [] });
  const me = (headers: Record<string, string>) => shop.http().get('/me').set(headers);
  const act = (headers: Record<string, string>) => shop.http().post('/act').set(headers);

  describe.each([...FOREIGN, ['too little of a secret', bearerOf(TOO_SHORT)]])(
    'a foreign bearer: %s',
    (_, authorization) => {
      it('a foreign bearer does not hide the cookie', async () => {
        const headers = { Authorization: authorization, Cookie: cookieOf(ada) };
        await me(headers).expect(200, { name: 'ada' });
      });

      it('a foreign bearer without a cookie is refused as an invalid token, without SQL', async () => {
        const statements = await shop.statementsOf(async () => {
          expectRefusal(await me({ Authorization: authorization }), 'SESSION_NOT_FOUND');
          const others = { Authorization: authorization, Cookie: 'theme=dark' };
          expectRefusal(await me(others), 'SESSION_NOT_FOUND');
        });
        expect(statements).toEqual([]);
      });

      it('a login beside a foreign bearer sets the cookie, and ends the session of the old one', async () => {
        const old = await createSession('eve');
        does(async (session) => ({ token: await session.start({ userId: 'eve', basket: [] }) }));
        for (const cookie of [{}, { Cookie: cookieOf(old) }]) {
          const response = await act({ Authorization: authorization, ...cookie }).expect(200);
          const { token } = response.body as { token: string };
          expect(cookiesOf(response)).toEqual([expect.stringContaining(cookieOf(token))]);
          await me({ Authorization: authorization, Cookie: cookieOf(token) }).expect(200);
        }
        expectRefusal(await me({ Cookie: cookieOf(old) }), 'SESSION_ENDED', 'replaced');
      });

      it('a rotation and a logout beside a foreign bearer change the cookie', async () => {
        const old = await createSession('eve');
        does(async (session) => ({ token: await session.regenerate() }));
        const headers = { Authorization: authorization, Cookie: cookieOf(old) };
        const rotated = await act(headers).expect(200);
        const { token } = rotated.body as { token: string };
        expect(cookiesOf(rotated)).toEqual([expect.stringContaining(cookieOf(token))]);
        does((session) => session.end());
        const ended = await act({ ...headers, Cookie: cookieOf(token) }).expect(200);
        expect(cookiesOf(ended)).toEqual([expect.stringContaining('Max-Age=0')]);
        expectRefusal(await me({ Cookie: cookieOf(token) }), 'SESSION_ENDED');
      });

      it('a page of another origin does not pass by a foreign bearer, with a cookie or without', async () => {
        does((session) => session.start({ userId: 'eve', basket: [] }));
        const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
        for (const cookie of [{}, { Cookie: cookieOf(ada) }]) {
          const response = await act({ Authorization: authorization, ...foreign, ...cookie });
          expect([response.status, response.body.code]).toEqual([403, 'SESSION_CROSS_ORIGIN']);
        }
        await me({ Cookie: cookieOf(ada) }).expect(200);
      });
    },
  );

  it.each([
    ['a token without its last character', (token: string) => token.slice(0, -1)],
    ['a token with 20 characters of its secret', (token: string) => token.slice(0, 57)],
    ['a token without the first half of its id', (token: string) => token.slice(18)],
    ['a padded token', (token: string) => `${token}==`],
    ['a token in quotes', (token: string) => `"${token}"`],
    ['a token twice', (token: string) => token + token],
    ['a token in upper case', (token: string) => token.toUpperCase()],
    ['a token behind a JWT', (token: string) => `${JWT} ${token}`],
  ])('%s never acts as the cookie of another user', async (_, damage) => {
    for (const scheme of ['Bearer ', 'Bearer\t', 'Token ', '']) {
      const headers = { Authorization: scheme + damage(bob), Cookie: cookieOf(ada) };
      const statements = await shop.statementsOf(async () =>
        expectRefusal(await me(headers), 'SESSION_NOT_FOUND'),
      );
      expect(statements).toEqual([]);
    }
  });

  it('a whole token opens its session only as a bearer, and never acts as the cookie of another user', async () => {
    const cookie = { Cookie: cookieOf(ada) };
    await me({ Authorization: bearerOf(bob), ...cookie }).expect(200, { name: 'bob' });
    for (const authorization of [bob, `Token ${bob}`, `Bearer\t${bob}`, `Basic ${bob}`]) {
      expectRefusal(await me({ Authorization: authorization, ...cookie }), 'SESSION_NOT_FOUND');
    }
  });

  it('no damaged token acts as the cookie of another user', async () => {
    await fc.assert(
      fc.asyncProperty(damagedTokens(bob), async (authorization) => {
        const { body } = await me({ Authorization: authorization, Cookie: cookieOf(ada) });
        expect([body.name, body.code]).toEqual(
          body.name === 'bob' ? ['bob', undefined] : [undefined, 'SESSION_NOT_FOUND'],
        );
      }),
      { numRuns: 200 },
    );
  });

  it('the cookie counts beside any foreign header, which opens nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(foreignBearers, otherSchemes), async (authorization) => {
        const isBearer = authorization.startsWith('Bearer ');
        const headers = { Authorization: authorization };
        await me({ ...headers, Cookie: cookieOf(ada) }).expect(200, { name: 'ada' });
        expectRefusal(await me(headers), isBearer ? 'SESSION_NOT_FOUND' : 'SESSION_MISSING');
      }),
      { numRuns: 100 },
    );
  });
});
