import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { TestClock } from '../support/sessions/test-clock.js';
import { importSession } from '../support/sessions/legacy-sessions.js';

const HOUR = 60 * 60 * 1000;
const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT';
const FOR_EVER = new Date('2100-01-01');
const PREVIOUS = [
  { name: '__Secure-id', domain: 'app.test', path: '/app', until: FOR_EVER },
  { name: 'sid', until: FOR_EVER.getTime() },
];
const CLEARED = {
  '__Host-id': `__Host-id=; Max-Age=0; Path=/; Expires=${EPOCH}; HttpOnly; Secure; SameSite=Lax`,
  '__Secure-id': `__Secure-id=; Max-Age=0; Domain=app.test; Path=/app; Expires=${EPOCH}; HttpOnly; Secure; SameSite=Lax`,
  sid: `sid=; Max-Age=0; Path=/; Expires=${EPOCH}; HttpOnly; Secure; SameSite=Lax`,
};
const SET = expect.stringMatching(/^__Host-id=[\w.-]{80}; Max-Age=\d+; Path=\/; /);

describeCookiePlugins((adapter) => {
  const { controller, does } = actingController<ShopSession>();
  let app: TestApp<ShopSession>;

  const start = async (
    cookie: SessionsModuleOptions['cookie'] = {},
    options: SessionsModuleOptions = {},
  ) => {
    app = await startApp<ShopSession>(adapter, {
      controllers: [ShopController, controller],
      options: { expireTime: HOUR, ...options, cookie: { previous: PREVIOUS, ...cookie } },
    });
  };
  afterEach(() => app.close());

  const live = (userId = 'ann') => app.manager.createSession({ userId, basket: [] });
  const ended = async () => {
    const token = await live();
    await app.manager.removeSession(token);
    return token;
  };
  const send = (method: 'get' | 'post', path: string, ...cookies: string[]) =>
    app.http()[method](path).set('Cookie', cookies.join('; '));
  const me = (...cookies: string[]) => send('get', '/me', ...cookies);
  const isLive = (token: string) =>
    app.manager.retrieveSession(token).then(
      () => true,
      () => false,
    );

  describe('a request with a previous cookie and none of the current name', () => {
    it('a previous cookie opens its session for reads and updates, and no cookie is set', async () => {
      await start();
      const token = await live();
      for (const cookie of [`__Secure-id=${token}`, `sid=${token}`]) {
        const reading = await me(cookie).expect(200, { name: 'ann' });
        const writing = await send('post', '/basket', cookie).send({ product: 'tea' }).expect(201);
        does((session) => session.renew());
        const renewing = await send('post', '/act', cookie).expect(200);
        expect([reading, writing, renewing].flatMap(cookiesOf)).toEqual([]);
      }
      await expect(app.manager.retrieveSession(token)).resolves.toEqual({
        userId: 'ann',
        basket: ['tea', 'tea'],
      });
    });

    it('a session in two previous cookies is one session', async () => {
      await start();
      const token = await live();
      const cookies = [`sid=${token}`, `__Secure-id=${token}`];
      const statements = await app.statementsOf(() => me(...cookies).expect(200));
      expect(statements).toHaveLength(1);
      const newer = await app.manager.regenerateSession(token, { grace: 10_000 });
      await me(`sid=${token}`, `__Secure-id=${newer}`).expect(200, { name: 'ann' });
    });

    it('a previous cookie counts beside a current one that has not the form of a token', async () => {
      await start();
      await me('__Host-id=', '__Host-id=junk', `sid=${await live()}`).expect(200, { name: 'ann' });
    });

    it.each<[string, () => Promise<string[]>]>([
      ['is malformed', async () => ['sid=junk']],
      ['has ended', async () => [`sid=${await ended()}`]],
      [
        'has expired',
        async () => {
          const token = await app.manager.createSession(
            { userId: 'ann', basket: [] },
            { expireTime: 1 },
          );
          app.clock.advance(2);
          return [`sid=${token}`];
        },
      ],
      [
        'is damaged',
        async () => {
          const token = await live();
          await app.connection.query(`UPDATE server_sessions SET data = '{'`);
          return [`sid=${token}`];
        },
      ],
      ['differs from another', async () => [`sid=${await live()}`, `__Secure-id=${await live()}`]],
      ['comes twice and differs', async () => [`sid=${await live()}`, `sid=${await live()}`]],
    ])('a request is without a session, as without its cookie, if that %s', async (_, given) => {
      await start();
      const cookies = await given();
      expectRefusal(await me(...cookies), 'SESSION_MISSING');
      expectRefusal(await me('__Host-id=junk', ...cookies), 'SESSION_NOT_FOUND');
      await send('get', '/visitor', ...cookies).expect(200, { name: 'a stranger' });
    });

    it('the only live one of several previous cookies counts', async () => {
      await start();
      const [dead, token] = [await ended(), await live()];
      await me(`__Secure-id=${dead}`, `sid=${token}`).expect(200, { name: 'ann' });
    });

    it('at most four values of previous cookies are looked up', async () => {
      await start();
      const cookies = await Promise.all(
        Array.from(
          { length: 12 },
          async (_, index) => `${PREVIOUS[index % 2]!.name}=${await ended()}`,
        ),
      );
      const statements = await app.statementsOf(() => me(...cookies).expect(401));
      expect(statements).toHaveLength(4);
    });

    it('a previous cookie is under csrf, and its responses are private', async () => {
      await start();
      const cookie = `sid=${await live()}`;
      const reading = await me(cookie).expect(200);
      expect(reading.headers['cache-control']).toBe('private, no-cache');
      const foreign = send('post', '/basket', cookie).set('Sec-Fetch-Site', 'cross-site');
      const refused = await foreign.send({ product: 'tea' }).expect(403);
      expect(refused.headers['cache-control']).toBe('no-store');
    });
  });

  describe('a request with a token in the current cookie', () => {
    it('a previous cookie is not looked up beside a token in the current cookie', async () => {
      await start();
      const [token, other] = [await live('bob'), await live('ann')];
      const cookies = [`sid=${other}`, cookieOf(token)];
      const statements = await app.statementsOf(() => me(...cookies).expect(200, { name: 'bob' }));
      expect(statements).toHaveLength(1);
    });

    it('a previous cookie opens no session if the one of the current cookie has ended', async () => {
      await start();
      const other = `sid=${await live()}`;
      expectRefusal(await me(other, cookieOf(await ended())), 'SESSION_ENDED');
      const token = await app.manager.createSession({ basket: [] }, { expireTime: 1 });
      app.clock.advance(2);
      expectRefusal(await me(other, cookieOf(token)), 'SESSION_EXPIRED');
    });
  });

  it('no previous cookie is read or cleared beside a bearer token', async () => {
    await start();
    const [token, other] = [await live('bob'), await live('ann')];
    const login = await send('post', '/login', `sid=${other}`)
      .set('Authorization', bearerOf(token))
      .send({ name: 'cy' })
      .expect(200);
    expect(cookiesOf(login)).toEqual([]);
    expect(await isLive(other)).toBe(true);
  });

  describe('a login, a rotation or a logout', () => {
    const ACTS: [string, Act<ShopSession>, unknown][] = [
      ['a login', (session) => session.start({ basket: [] }), SET],
      ['a rotation', (session) => session.regenerate(), SET],
      ['a logout', (session) => session.end(), CLEARED['__Host-id']],
    ];

    it.each(ACTS)(
      '%s clears the previous cookies that were sent, each by its own attributes',
      async (_, act, current) => {
        await start();
        does(act);
        const token = await live();
        const answer = await send('post', '/act', `__Secure-id=${token}`).expect(200);
        expect(cookiesOf(answer)).toEqual([current, CLEARED['__Secure-id']]);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(await isLive(token)).toBe(false);
        const second = await live();
        const both = await send('post', '/act', `sid=${second}`, `__Secure-id=${second}`);
        expect(cookiesOf(both)).toEqual([current, CLEARED['__Secure-id'], CLEARED.sid]);
        expect(await isLive(second)).toBe(false);
      },
    );

    it('a login and a logout end the sessions of a previous cookie and of the current one', async () => {
      await start();
      for (const path of ['/login', '/logout']) {
        const [token, other] = [await live('bob'), await live('ann')];
        const answer = await send('post', path, `sid=${other}`, cookieOf(token)).send({
          name: 'cy',
        });
        expect(cookiesOf(answer)).toEqual([
          path === '/login' ? SET : CLEARED['__Host-id'],
          CLEARED.sid,
        ]);
        expect([await isLive(token), await isLive(other)]).toEqual([false, false]);
      }
    });

    it('a logout by a previous cookie ends an expired session too', async () => {
      await start();
      const token = await live();
      app.clock.advance(HOUR);
      await send('post', '/logout', `sid=${token}`).expect(200);
      await expect(app.manager.renewSession(token, { allowExpired: true })).rejects.toThrow(
        'no session',
      );
    });

    it('a rotation keeps its session if a previous cookie has its older token', async () => {
      await start();
      const old = await live();
      const token = await app.manager.regenerateSession(old);
      does(async (session) => ({ token: await session.regenerate() }));
      const answer = await send('post', '/act', `sid=${old}`, cookieOf(token)).expect(200);
      expect(cookiesOf(answer)).toEqual([SET, CLEARED.sid]);
      expect(await isLive(answer.body.token)).toBe(true);
    });

    it("a rotation of the current cookie's session clears a previous cookie, but does not end the session of that cookie", async () => {
      await start();
      const [token, other] = [await live('bob'), await live('ann')];
      does((session) => session.regenerate());
      const answer = await send('post', '/act', `sid=${other}`, cookieOf(token)).expect(200);
      expect(cookiesOf(answer)).toEqual([SET, CLEARED.sid]);
      expect([await isLive(token), await isLive(other)]).toEqual([false, true]);
    });

    it('a login beside several previous sessions ends all of them', async () => {
      await start();
      const tokens = [await live('ann'), await live('bob')];
      await send('post', '/login', `sid=${tokens[0]}`, `__Secure-id=${tokens[1]}`)
        .send({ name: 'cy' })
        .expect(200);
      expect(await Promise.all(tokens.map(isLive))).toEqual([false, false]);
    });

    it('each cookie is set once, however often the session changes', async () => {
      await start();
      does(async (session) => {
        await session.start({ basket: [] });
        await session.regenerate();
        await session.start({ basket: [] });
      });
      const answer = await send('post', '/act', `sid=${await live()}`);
      expect(cookiesOf(answer)).toEqual([SET, CLEARED.sid]);
    });

    it('a logout by a previous cookie sends Clear-Site-Data', async () => {
      await start({}, { clearSiteData: ['storage'] });
      const answer = await send('post', '/logout', `sid=${await live()}`);
      expect(answer.headers['clear-site-data']).toBe('"storage"');
    });

    it('a cleared cookie with a prefix is Secure, and one without a prefix is like the current one', async () => {
      await start({ secure: false, sameSite: 'strict', httpOnly: false });
      const token = await live();
      const answer = await send('post', '/login', `__Secure-id=${token}`, `sid=${token}`).send({});
      expect(cookiesOf(answer).slice(1)).toEqual([
        CLEARED['__Secure-id'].replace('Lax', 'Strict'),
        CLEARED.sid.replace('Secure; SameSite=Lax', 'SameSite=Strict'),
      ]);
    });
  });

  it('a previous cookie is ignored from its `until` on, by the clock of the options', async () => {
    const until = new TestClock().now() + 1000;
    await start({ previous: [{ name: 'sid', until }] });
    const token = await live();
    app.clock.advance(999);
    await me(`sid=${token}`).expect(200);
    app.clock.advance(1);
    expectRefusal(await me(`sid=${token}`), 'SESSION_MISSING');
    const login = await send('post', '/login', `sid=${token}`).send({ name: 'bob' });
    expect(cookiesOf(login)).toEqual([SET]);
    expect(await isLive(token)).toBe(true);
  });

  it('a write replaces a legacy token of a previous cookie by one in the current cookie', async () => {
    await start({}, { acceptLegacyTokens: true });
    const { token } = await importSession(
      { manager: app.manager, sequelize: app.connection, tableName: 'server_sessions' },
      { userId: 'ann', basket: [] },
    );
    const writing = await send('post', '/basket', `sid=${token}`).send({ product: 'tea' });
    expect(cookiesOf(writing)).toEqual([SET, CLEARED.sid]);
  });
});
