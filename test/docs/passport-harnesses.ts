import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';
import passport from 'passport';
import supertest from 'supertest';
import {
  describeAdapters,
  withServer,
  type Harness,
  type LoadableSnippet,
} from '../support/docs/harness.js';
import { WhoController } from '../support/docs/visitor.controller.js';

process.env['STORE_SECRET'] = 'the secret of the store, of 32 or more';
process.env['COOKIE_SECRET'] = 'the secret that signs the cookies';

interface SetupSnippet {
  readonly usePassport: (app: NestExpressApplication) => void;
}

/** The snippet that the others need: it registers the strategy. */
const loadSetup = ({ file }: LoadableSnippet): Promise<SetupSnippet> =>
  import(join(dirname(file), 'passport.setup.js'));

export type Device = ReturnType<typeof supertest.agent>;

type Work = (newDevice: () => Device, manager: SessionManager) => Promise<void>;

/** Starts a module with Passport and the store, and sends the requests of two devices. */
export async function withPassport(
  snippet: LoadableSnippet,
  name: string,
  work: Work,
): Promise<void> {
  const { usePassport } = await loadSetup(snippet);
  await withDevices((await snippet.load<Record<string, Type>>())[name]!, usePassport, work);
}

/** Starts a module on Express, and sends the requests of devices. */
async function withDevices(
  module: Type,
  configure: (app: NestExpressApplication) => void,
  work: Work,
): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(module, { logger: false });
  try {
    configure(app);
    app.useBodyParser('urlencoded');
    await app.init();
    const manager = app.get(SessionManager);
    // Snippets of other pages use the same file, and the same user.
    await manager.removeUserSessions('ann');
    await work(() => supertest.agent(app.getHttpServer()), manager);
  } finally {
    await app.close();
  }
}

const login = (device: Device, password: string) =>
  device.post('/login').type('form').send({ username: 'ann', password });

const LOOKS_LIKE_A_TOKEN = '-0000-000000000000.aaaaaaaaaaaaaaaaaaaa';

/** Expects that neither a form on another site nor a link logs a device in, and that the cookie is Lax. */
async function expectProtectedLogin(newDevice: () => Device): Promise<void> {
  const device = newDevice();
  const origin = { Origin: 'https://evil.test', 'Sec-Fetch-Site': 'cross-site' };
  for (const scheme of ['', 'Bearer ', 'Basic ']) {
    const headers = { ...origin, ...(scheme && { Authorization: scheme + LOOKS_LIKE_A_TOKEN }) };
    const planted = await login(device, 'secret').set(headers);
    expect([planted.status, planted.headers['set-cookie']]).toEqual([403, undefined]);
  }
  const link = await device.get('/login?username=ann&password=secret').set(origin);
  expect([link.status, link.headers['set-cookie']]).toEqual([404, undefined]);
  const own = await login(device, 'secret').set({ 'Sec-Fetch-Site': 'same-origin' });
  expect(own.headers['set-cookie']).toEqual([expect.stringMatching(/HttpOnly.*SameSite=Lax/i)]);
  const { headers } = await device.get('/me').expect(200, { id: 'ann' });
  expect(headers['cache-control']).toBe('private, no-cache');
}

const withStore: Harness = (snippet) => {
  it('the snippets refuse a login that another site sends, or a link', async () => {
    await withPassport(snippet, 'PassportModule', expectProtectedLogin);
  });

  it('the snippets log in by Passport, and log out on one device or on all', async () => {
    await withPassport(snippet, 'PassportModule', async (newDevice, manager) => {
      const [phone, laptop] = [newDevice(), newDevice()];
      await login(phone, 'wrong').expect(401);
      for (const device of [phone, laptop]) {
        await login(device, 'secret').expect(201, { id: 'ann' });
      }
      expect(await manager.listSessions('ann')).toHaveLength(2);
      await phone.post('/logout').expect(204);
      await phone.get('/me').expect(401);
      await phone.post('/logout-everywhere').expect(401);
      await laptop.get('/me').expect(200, { id: 'ann' });
      await laptop.post('/logout-everywhere').expect(201);
      await laptop.get('/me').expect(401);
    });
  });
};

const sessionless: Harness = (snippet) => {
  it('the snippet starts a session of this library for a user of Passport', async () => {
    // Other snippets have registered the same strategy in this process.
    passport.unuse('local');
    const { SessionlessModule } = await snippet.load<{ SessionlessModule: Type }>('alone');
    const configure = () => undefined;
    await withDevices(SessionlessModule, configure, async (newDevice, manager) => {
      await login(newDevice(), 'wrong').expect(401);
      const response = await login(newDevice(), 'secret').expect(201);
      const [cookie] = response.headers['set-cookie'] as unknown as string[];
      const headers = { Cookie: cookie!.split(';')[0]! };
      await newDevice().get('/me').set(headers).expect(200, { id: 'ann' });
      await newDevice().post('/logout').set(headers).expect(201);
      expect(await manager.listSessions('ann')).toEqual([]);
      const link = await newDevice().get('/login?username=ann&password=secret');
      expect([link.status, link.headers['set-cookie']]).toEqual([404, undefined]);
    });
  });
};

const nest: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet starts a session for a user of @nestjs/passport', async () => {
      passport.unuse('local');
      const { LoginModule } = await load<{ LoginModule: Type }>();
      @Module({ imports: [LoginModule], controllers: [WhoController] })
      class AppModule {}
      await withServer(AppModule, adapter(), async (client) => {
        const send = (password: string) => client('POST', '/login', { username: 'ann', password });
        expect(await send('wrong')).toMatchObject({ status: 401 });
        expect(await client('GET', '/who')).toEqual({ status: 200, body: {} });
        expect(await send('secret')).toMatchObject({ status: 201 });
        expect(await client('GET', '/who')).toMatchObject({ body: { userId: 'ann' } });
      });
    });
  });
};

const onFastify: Harness = (snippet) => {
  it('the snippet logs in by Passport and out, and refuses the login of another site', async () => {
    const { usePassport } = await snippet.load<{
      usePassport: (app: NestFastifyApplication) => Promise<void>;
    }>();
    const options = {
      storagePath: ':memory:',
      userId: (data: any) => data?.passport?.user ?? null,
      transports: ['cookie'],
    } as const;
    const app = await NestFactory.create<NestFastifyApplication>(
      { module: class {}, imports: [SessionsModule.forRoot(options)] },
      new FastifyAdapter(),
      { logger: false },
    );
    try {
      await usePassport(app);
      await app.listen(0, '127.0.0.1');
      const newDevice = () => supertest.agent(app.getHttpServer());
      await login(newDevice(), 'wrong').expect(401);
      await expectProtectedLogin(newDevice);
      const device = newDevice();
      await login(device, 'secret').expect(200, { id: 'ann' });
      expect(await app.get(SessionManager).listSessions('ann')).toHaveLength(2);
      await device.post('/logout').expect(204);
      await device.get('/me').expect(200, {});
      expect(await app.get(SessionManager).listSessions('ann')).toHaveLength(1);
    } finally {
      await app.close();
    }
  });
};

const setup: Harness = (snippet) => {
  it('the snippet exports what main.ts calls', async () => {
    expect(typeof (await loadSetup(snippet)).usePassport).toBe('function');
  });
};

export const PASSPORT_HARNESSES: Readonly<Record<string, Harness>> = {
  'passport.setup': setup,
  'passport.module': withStore,
  'passport.sessionless': sessionless,
  'passport.nest': nest,
  'passport.fastify': onFastify,
};
