import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { codeOf, TRIMMED_CHARACTERS } from '../support/http/trimmed-characters.js';
import { decoded, takeDecodedHeaders } from '../support/http/decoded-headers.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let token: string;

  const start = async (transports?: readonly ('bearer' | 'cookie')[]) => {
    shop = await startApp(adapter, {
      controllers: [ShopController],
      options: { transports },
      configure: takeDecodedHeaders,
    });
    token = await shop.manager.createSession({ userId: 'ada', basket: [] });
  };
  const me = (headers: Record<string, string>) => shop.http().get('/me').set(headers);
  const login = (headers: Record<string, string> = {}) =>
    shop.http().post('/login').set(headers).send({ name: 'ada' }).expect(200);

  describe('by cookie and bearer', () => {
    beforeAll(() => start());
    afterAll(() => shop.close());

    it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])(
      'the scheme of a bearer can be %s',
      async (scheme) => {
        await me({ Authorization: `${scheme} ${token}` }).expect(200);
        await me({ Authorization: `${scheme}    ${token}` }).expect(200);
      },
    );

    it.each<[string, (live: string) => string]>([
      ['two tokens', (live) => `Bearer ${live} ${live}`],
      ['a quoted token', (live) => `Bearer "${live}"`],
      ['a list', (live) => `Bearer ${live}, Basic YTpi`],
      ['a token of another form', (live) => `Bearer ${live.toUpperCase()}`],
    ])('a damaged bearer never falls back to a valid cookie: %s', async (_, authorization) => {
      const headers = { Authorization: authorization(token), Cookie: cookieOf(token) };
      expectRefusal(await me(headers), 'SESSION_NOT_FOUND');
    });

    it.each(TRIMMED_CHARACTERS.map(codeOf))(
      '%s around a token belongs to the token',
      async (code) => {
        const mark = String.fromCharCode(Number(code.replace('U+', '0x')));
        for (const bearer of [
          `Bearer ${token}${mark}`,
          `Bearer ${token}${mark}x`,
          `Bearer ${mark}${token}`,
        ]) {
          expectRefusal(await me(decoded({ authorization: bearer })), 'SESSION_NOT_FOUND');
        }
      },
    );

    it('a bearer of an ended session never falls back to a valid cookie', async () => {
      const dead = await shop.manager.createSession({ basket: [] });
      await shop.manager.removeSession(dead);
      const headers = { Authorization: bearerOf(dead), Cookie: cookieOf(token) };
      expectRefusal(await me(headers), 'SESSION_ENDED');
    });

    it('only the bearer is looked up if it is valid', async () => {
      const other = await shop.manager.createSession({ userId: 'bob', basket: [] });
      const headers = { Authorization: bearerOf(other), Cookie: cookieOf(token) };
      const statements = await shop.statementsOf(() => me(headers).expect(200, { name: 'bob' }));
      expect(statements).toHaveLength(1);
    });

    it.each(['Basic YTpi', 'Digest username="a"', 'Bearerish x', 'Forbearer x', 'Token x', ''])(
      'the authorization %j does not hide the cookie',
      async (authorization) => {
        await me({ Authorization: authorization, Cookie: cookieOf(token) }).expect(200);
        expectRefusal(await me({ Authorization: authorization }), 'SESSION_MISSING');
      },
    );

    it('the logout of a bearer keeps a cookie that came with it', async () => {
      const [bearer, other] = [
        await shop.manager.createSession({ basket: [] }),
        await shop.manager.createSession({ basket: [] }),
      ];
      const headers = { Authorization: bearerOf(bearer), Cookie: cookieOf(other) };
      const answer = await shop.http().post('/logout').set(headers).expect(200);
      expect(cookiesOf(answer)).toEqual([]);
      await me({ Cookie: cookieOf(other) }).expect(200);
      expectRefusal(await me({ Authorization: bearerOf(bearer) }), 'SESSION_ENDED');
    });
  });

  describe('a bearer token if cookies are also allowed', () => {
    const { controller, does } = actingController<ShopSession>();
    beforeAll(async () => {
      shop = await startApp(adapter, { controllers: [ShopController, controller] });
    });
    afterAll(() => shop.close());

    const act = (headers: Record<string, string>) =>
      shop.http().post('/act').set(headers).expect(200);

    it.each<[string, (live: string) => string]>([
      ['its session', bearerOf],
      ['no session', (live) => bearerOf(`${live.split('.')[0]}.${'A'.repeat(43)}`)],
      ['a cut token', (live) => bearerOf(live.slice(0, -1))],
    ])(
      'a bearer with %s gets no cookie by a login, and the cookie of a browser is kept',
      async (_, header) => {
        const live = await shop.manager.createSession({ userId: 'ada', basket: [] });
        const inCookie = await shop.manager.createSession({ userId: 'bob', basket: [] });
        does(async (session) => {
          const first = await session.start({ userId: 'eve', basket: [] });
          return [first, await session.regenerate()];
        });
        const answer = await act({ Authorization: header(live), Cookie: cookieOf(inCookie) });
        expect(cookiesOf(answer)).toEqual([]);
        const [first, second] = answer.body as string[];
        await me({ Authorization: bearerOf(second!) }).expect(200, { name: 'eve' });
        expectRefusal(await me({ Authorization: bearerOf(first!) }), 'SESSION_NOT_FOUND');
        await me({ Cookie: cookieOf(inCookie) }).expect(200, { name: 'bob' });
      },
    );

    it('a bearer gets the token of a rotation and no cookie', async () => {
      const live = await shop.manager.createSession({ userId: 'ada', basket: [] });
      does(async (session) => ({ token: await session.regenerate() }));
      const answer = await act({ Authorization: bearerOf(live) });
      expect(cookiesOf(answer)).toEqual([]);
      await me({ Authorization: bearerOf(answer.body.token) }).expect(200, { name: 'ada' });
      expectRefusal(await me({ Authorization: bearerOf(live) }), 'SESSION_NOT_FOUND');
    });

    it('a client with another authorization scheme still gets the cookie', async () => {
      does((session) => session.start({ userId: 'ada', basket: [] }));
      const answer = await act({ Authorization: 'Basic YTpi' });
      expect(cookiesOf(answer)).toEqual([expect.stringMatching(/^__Host-id=[^;]/)]);
    });
  });

  describe('a token elsewhere in the request', () => {
    beforeAll(() => start());
    afterAll(() => shop.close());

    it.each(['access_token', 'token', 'id', '__Host-id'])(
      'a token is not read from ?%s=',
      async (name) => {
        const answer = await shop.http().get(`/me?${name}=${token}`);
        expectRefusal(answer, 'SESSION_MISSING');
      },
    );

    it.each(['form', 'json'])('a token is not read from a %s body', async (type) => {
      const body = { access_token: token, token, id: token, '__Host-id': token };
      const answer = await shop.http().post('/basket').type(type).send(body);
      expectRefusal(answer, 'SESSION_MISSING');
    });

    it.each(['X-Session-Token', 'X-Auth-Token', 'Session', 'Proxy-Authorization'])(
      'a token is not read from the header %s',
      async (name) => {
        expectRefusal(await me({ [name]: bearerOf(token) }), 'SESSION_MISSING');
      },
    );
  });

  describe('only by bearer', () => {
    beforeAll(() => start(['bearer']));
    afterAll(() => shop.close());

    it('with the transport bearer a cookie is not read', async () => {
      const statements = await shop.statementsOf(async () =>
        expectRefusal(await me({ Cookie: cookieOf(token) }), 'SESSION_MISSING'),
      );
      expect(statements).toEqual([]);
      await me({ Authorization: bearerOf(token), Cookie: 'theme=dark' }).expect(200);
    });

    it('with the transport bearer a login sets no cookie and a logout clears none', async () => {
      const answer = await login({ Cookie: cookieOf(token) });
      expect(cookiesOf(answer)).toEqual([]);
      const own = bearerOf(answer.body.token);
      await me({ Authorization: own }).expect(200, { name: 'ada' });
      const logout = shop
        .http()
        .post('/logout')
        .set({ Authorization: own, Cookie: cookieOf(token) });
      expect(cookiesOf(await logout.expect(200))).toEqual([]);
      expectRefusal(await me({ Authorization: own }), 'SESSION_ENDED');
    });

    it('with the transport bearer a login keeps the session of a cookie', async () => {
      await login({ Cookie: cookieOf(token) });
      await expect(shop.manager.retrieveSession(token)).resolves.toMatchObject({ userId: 'ada' });
    });
  });

  describe('only by cookie', () => {
    beforeAll(() => start(['cookie']));
    afterAll(() => shop.close());

    it('with the transport cookie an Authorization header is not read', async () => {
      expectRefusal(await me({ Authorization: bearerOf(token) }), 'SESSION_MISSING');
      const both = { Authorization: bearerOf(token.slice(0, -1)), Cookie: cookieOf(token) };
      await me(both).expect(200, { name: 'ada' });
    });
  });
});
