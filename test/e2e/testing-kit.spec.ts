import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { Test } from '@nestjs/testing';
import { ConnectedSocket, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  getSessionsOptionsToken,
  SessionManager,
  SessionsModule,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import {
  getStartedSession,
  overrideSessionsOptions,
  signIn,
  TestClock,
} from 'nestjs-server-sessions/testing';
import { io, type Socket } from 'socket.io-client';
import supertest from 'supertest';
import { describeAdapters, type TestAdapter } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';

const DAY = 24 * 60 * 60 * 1000;

/** A shop as its authors run it: on disk, with a cookie of its own name. */
function shopWith(options: SessionsModuleOptions): Type {
  const sessions = SessionsModule.forRootAsync({
    useFactory: () => ({ storagePath: '/no/such/folder/sessions.sqlite', ...options }),
  });

  @Module({ imports: [sessions], controllers: [ShopController] })
  class ShopModule {}
  return ShopModule;
}

const ShopModule = shopWith({ cookie: { name: '__Host-shop' }, expireTime: 2 * DAY });

const testing = (module: Type, options: SessionsModuleOptions = {}) =>
  overrideSessionsOptions(Test.createTestingModule({ imports: [module] }), {
    storagePath: ':memory:',
    ...options,
  });

let app: INestApplication;
afterEach(() => app.close());

async function start(
  adapter: TestAdapter,
  module: Type = ShopModule,
  options?: SessionsModuleOptions,
): Promise<ReturnType<typeof supertest>> {
  const compiled = await testing(module, options).compile();
  app = compiled.createNestApplication(adapter.create(), { logger: false });
  await adapter.prepare(app);
  await app.listen(0, '127.0.0.1');
  return supertest(app.getHttpServer());
}

describeAdapters((adapter) => {
  describe('options of the application, replaced one by one', () => {
    it('a test replaces one option of forRootAsync, and the others stay', async () => {
      const clock = new TestClock();
      const http = await start(adapter, ShopModule, { clock });
      const login = await http.post('/login').send({ name: 'ada' }).expect(200);
      expect(login.headers['set-cookie']).toEqual([expect.stringMatching(/^__Host-shop=/)]);
      const ada = await signIn(app, { userId: 'ada', basket: [] });
      clock.advance(2 * DAY - 1);
      await http.get('/me').set(ada.headers).expect(200);
      clock.advance(1);
      await http
        .get('/me')
        .set(ada.headers)
        .expect(401, /SESSION_EXPIRED/);
    });

    it('a test replaces an option that is an object as a whole', async () => {
      const http = await start(adapter, ShopModule, { cookie: { secure: false } });
      const agent = supertest.agent(app.getHttpServer());
      await agent.post('/login').send({ name: 'ada' }).expect(200);
      await agent.get('/me').expect(200, { name: 'ada' });
      const { headers } = await http.post('/login').send({ name: 'ada' });
      expect(headers['set-cookie']).toEqual([expect.stringMatching(/^id=/)]);
    });

    it('a replaced option is checked like one of the application', async () => {
      await start(adapter);
      const options = { storage: ':memory:' } as SessionsModuleOptions;
      await expect(testing(ShopModule, options).compile()).rejects.toThrow(
        'SessionsModule has no option "storage".',
      );
    });

    it('options that come too late, after compile(), are refused', async () => {
      const builder = testing(ShopModule, { storagePath: ':memory:' });
      app = (await builder.compile()).createNestApplication(adapter.create(), { logger: false });
      expect(() => overrideSessionsOptions(builder, { transports: ['bearer'] })).toThrow(
        'Call it before compile()',
      );
      await app.init();
    });

    it.each(['connection', 'isGlobal'])("a test can't replace %s", async (name) => {
      const options = { [name]: undefined } as SessionsModuleOptions;
      await expect(testing(ShopModule, options).compile()).rejects.toThrow(
        `${name} can't come from a factory or from overrideSessionsOptions()`,
      );
    });

    it('a test can replace one option even if overrideProvider() replaces all of them', async () => {
      const builder = testing(ShopModule)
        .overrideProvider(getSessionsOptionsToken())
        .useValue({ storagePath: '/no/such/folder', cookie: { name: '__Host-other' } });
      app = (await builder.compile()).createNestApplication(adapter.create(), { logger: false });
      await app.init();
      expect((await signIn(app, {})).cookie).toMatch(/^__Host-other=/);
    });
  });

  describe('a signed-in user', () => {
    it('a session of signIn opens a guarded route by cookie and by bearer token', async () => {
      const http = await start(adapter);
      const ada = await signIn(app, { userId: 'ada', basket: ['tea'] });
      expect(ada.headers).toEqual({ cookie: ada.cookie });
      for (const headers of [ada.headers, { authorization: ada.bearer }]) {
        await http.get('/basket').set(headers).expect(200, ['tea']);
      }
      const added = http.post('/basket').set(ada.headers).send({ product: 'milk' });
      await added.expect(201, ['tea', 'milk']);
      const url = await app.getUrl();
      const response = await fetch(`${url}/basket`, { headers: ada.headers });
      expect(await response.json()).toEqual(['tea', 'milk']);
    });

    it('two users of one test have separate sessions, with the options of createSession', async () => {
      const http = await start(adapter);
      const ada = await signIn(app, { userId: 'ada', basket: [] });
      const bob = await signIn(app, { basket: [] }, { userId: 'bob', client: { ip: '::1' } });
      await http.get('/me').set(ada.headers).expect(200, { name: 'ada' });
      const record = await app.get(SessionManager).inspectSession(bob.token);
      expect(record).toMatchObject({ userId: 'bob', client: { ip: '::1' } });
    });

    it('a session of signIn is as fresh as after a login', async () => {
      const clock = new TestClock();
      await start(adapter, ShopModule, { clock });
      const ada = await signIn(app, { userId: 'ada', basket: [] });
      const { confirmedAt } = await app.get(SessionManager).inspectSession(ada.token);
      expect(confirmedAt).toEqual(new Date(clock.now()));
      // @ts-expect-error: there is no such option
      const refused = signIn(app, { userId: 'ada', basket: [] }, { fresh: false });
      await expect(refused).rejects.toThrow('signIn options has no option "fresh"');
    });

    it('without the transport cookie the headers have the bearer token', async () => {
      const http = await start(adapter, shopWith({ transports: ['bearer'] }));
      const ada = await signIn(app, { userId: 'ada', basket: [] });
      expect(ada.headers).toEqual({ authorization: ada.bearer });
      await http.get('/me').set(ada.headers).expect(200);
      expect(() => ada.cookie).toThrow("its option transports does not contain 'cookie'");
      expect(inspect(ada, { getters: true })).toContain(ada.token);
    });

    it('without the transport bearer there is no bearer token', async () => {
      await start(adapter, shopWith({ transports: ['cookie'] }));
      const ada = await signIn(app, { userId: 'ada', basket: [] });
      expect(() => ada.bearer).toThrow("its option transports does not contain 'bearer'");
    });

    it('a client of Socket.IO sends the headers of signIn', async () => {
      @WebSocketGateway()
      class Gateway {
        @SubscribeMessage('headers')
        headers(@ConnectedSocket() client: { handshake: { headers: object } }): object {
          return client.handshake.headers;
        }
      }

      @Module({ imports: [ShopModule], providers: [Gateway] })
      class ChatModule {}
      const compiled = await testing(ChatModule).compile();
      app = compiled.createNestApplication(adapter.create(), { logger: false });
      app.useWebSocketAdapter(new IoAdapter(app));
      await app.listen(0, '127.0.0.1');
      const ada = await signIn(app, {});
      const client: Socket = io(await app.getUrl(), { extraHeaders: ada.headers });
      expect(await client.emitWithAck('headers', {})).toMatchObject({ cookie: ada.cookie });
      client.disconnect();
    });

    it('an application without sessions gets an error that names the module', async () => {
      @Module({ controllers: [ShopController] })
      class BareModule {}
      await start(adapter, BareModule);
      await expect(signIn(app, {})).rejects.toThrow('Import SessionsModule.forRoot()');
    });
  });

  describe('the session that a response starts', () => {
    const login = (http: ReturnType<typeof supertest>) =>
      http.post('/login').send({ name: 'ada' }).expect(200);

    it('a login starts a session with the data of its user', async () => {
      const http = await start(adapter);
      expect(await getStartedSession(app, await login(http))).toMatchObject({
        userId: 'ada',
        data: { userId: 'ada', basket: [] },
      });
    });

    it('a response of fetch is read too', async () => {
      await start(adapter);
      const response = await fetch(`${await app.getUrl()}/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"name":"ada"}',
      });
      expect(await getStartedSession(app, response)).toMatchObject({ userId: 'ada' });
    });

    it('neither a response without the cookie nor a logout starts a session', async () => {
      const http = await start(adapter);
      const ada = await signIn(app, { userId: 'ada', basket: [] });
      const read = await http.get('/me').set(ada.headers).expect(200);
      expect(await getStartedSession(app, read)).toBeUndefined();
      const logout = await http.post('/logout').set(ada.headers).expect(200);
      expect(logout.headers['set-cookie']).toHaveLength(1);
      expect(await getStartedSession(app, logout)).toBeUndefined();
    });

    it('a session that has ended or expired since is not there', async () => {
      const clock = new TestClock();
      const http = await start(adapter, ShopModule, { clock });
      const first = await login(http);
      await app.get(SessionManager).removeUserSessions('ada');
      expect(await getStartedSession(app, first)).toBeUndefined();
      const second = await login(http);
      clock.advance(2 * DAY);
      expect(await getStartedSession(app, second)).toBeUndefined();
    });

    it('without the transport cookie no response starts a session', async () => {
      const http = await start(adapter, shopWith({ transports: ['bearer'] }));
      expect(await getStartedSession(app, await login(http))).toBeUndefined();
    });

    it('a response with a single Set-Cookie as a string, as of inject, is read too', async () => {
      const http = await start(adapter);
      const { headers } = await login(http);
      const [cookie] = headers['set-cookie'] as unknown as string[];
      const response = { headers: { 'set-cookie': cookie } };
      expect(await getStartedSession(app, response)).toMatchObject({ userId: 'ada' });
    });
  });
});
