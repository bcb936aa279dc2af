import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SessionsModule, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { Sequelize } from 'sequelize';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';

/** What docs/deploying.md says of options about requests that change between two deploys. */
describeAdapters((adapter) => {
  let connection: Sequelize;
  let apps: TestApp<ShopSession>[];
  /** A replica with the default options. */
  let older: TestApp<ShopSession>;

  const replica = async (options: SessionsModuleOptions = {}) => {
    const app = await startApp<ShopSession>(adapter, {
      controllers: [ShopController],
      sessions: SessionsModule.forRoot({ connection, ...options }),
    });
    apps.push(app);
    return app;
  };
  beforeEach(async () => {
    connection = new Sequelize({ dialect: 'sqlite', storage: ':memory:', logging: false });
    apps = [];
    older = await replica();
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await connection.close();
  });

  const create = () => older.manager.createSession({ userId: 'ann', basket: [] });
  const me = (app: TestApp, headers: Record<string, string>) => app.http().get('/me').set(headers);

  describe('attributes of the cookie', () => {
    it.each<[string, SessionsModuleOptions['cookie'], RegExp]>([
      ['sameSite', { sameSite: 'strict' }, /; SameSite=Strict$/],
      ['httpOnly', { httpOnly: false }, /; Secure; SameSite=Lax$/],
      ['persistent', { persistent: false }, /^(?!.*Max-Age)/],
    ])(
      'another %s concerns the next cookie that is set, and no cookie that browsers have',
      async (_, cookie, expected) => {
        const newer = await replica({ cookie });
        const headers = { Cookie: cookieOf(await create()) };
        for (const app of [older, newer, older]) {
          const answer = await me(app, headers).expect(200, { name: 'ann' });
          expect(cookiesOf(answer)).toEqual([]);
        }
        const login = await newer.http().post('/login').set(headers).send({ name: 'ann' });
        expect(cookiesOf(login)).toEqual([expect.stringMatching(expected)]);
        const next = { Cookie: cookieOf(login.body.token) };
        await me(older, next).expect(200, { name: 'ann' });
      },
    );
  });

  describe('transports', () => {
    it.each([
      ['bearer', 'cookie', (token: string) => ({ Authorization: bearerOf(token) })],
      ['cookie', 'bearer', (token: string) => ({ Cookie: cookieOf(token) })],
    ] as const)(
      'without the transport %s its tokens are not read, and a rollback reads them again',
      async (_, kept, headersOf) => {
        const newer = await replica({ transports: [kept] });
        const headers = headersOf(await create());
        expectRefusal(await me(newer, headers), 'SESSION_MISSING');
        await me(older, headers).expect(200, { name: 'ann' });
      },
    );
  });

  describe('csrf', () => {
    it('another csrf refuses or lets pass requests, and ends no session', async () => {
      const origin = 'https://spa.example';
      const newer = await replica({ csrf: { trustedOrigins: [origin] } });
      const headers = { Cookie: cookieOf(await create()) };
      const post = (app: TestApp) =>
        app.http().post('/basket').set(headers).set('Origin', origin).send({ product: 'tea' });
      await post(older).expect(403);
      await post(newer).expect(201, ['tea']);
      await me(older, headers).expect(200, { name: 'ann' });
    });
  });

  describe('what new sessions record', () => {
    it('recordClient: false concerns new sessions', async () => {
      const newer = await replica({ recordClient: false });
      const clientOf = async (app: TestApp) => {
        const login = await app.http().post('/login').set('User-Agent', 'x').send({ name: 'ann' });
        return newer.manager.inspectSession(login.body.token).then(({ client }) => client);
      };
      expect(await clientOf(older)).toMatchObject({ userAgent: 'x' });
      expect(await clientOf(newer)).not.toHaveProperty('userAgent', 'x');
    });
  });
});
