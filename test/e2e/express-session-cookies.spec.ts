import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import session from 'express-session';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import supertest from 'supertest';
import { cookiesOf } from '../support/http/responses.js';
import { isChosen } from '../support/runner/chosen-suites.js';

@Module({ imports: [SessionsModule.forRoot({ storagePath: ':memory:' })] })
class AppModule {}

// @fastify/session can be registered only once.
(isChosen('TEST_ADAPTERS', 'Express') ? describe : describe.skip)('Express with two stores', () => {
  let app: NestExpressApplication;
  let http: () => ReturnType<typeof supertest>;

  beforeEach(async () => {
    app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false });
    const manager = app.get(SessionManager);
    const use = (path: string, name: string) =>
      app.use(
        path,
        session({
          name,
          store: new SessionManagerStore(manager, { secret: `the secret of the store of ${name}` }),
          secret: 'the secret that signs the cookies of both',
          resave: false,
          saveUninitialized: false,
        }),
      );
    use('/admin', 'admin.sid');
    use('/site', 'site.sid');
    const server = app.getHttpAdapter();
    for (const area of ['admin', 'site']) {
      server.get(`/${area}/set`, ({ session, query }: any, response: any) => {
        session.value = query.value;
        response.json(null);
      });
      server.get(`/${area}/get`, ({ session }: any, response: any) =>
        response.json(session.value ?? null),
      );
    }
    await app.init();
    http = () => supertest(app.getHttpServer());
  });
  afterEach(() => app.close());

  const pairOf = async (path: string) =>
    cookiesOf(await http().get(path).expect(200))[0]!.split(';')[0]!;

  it('two cookies of one browser keep two sessions apart', async () => {
    const cookies = [
      await pairOf('/admin/set?value=key'),
      await pairOf('/site/set?value=apple'),
    ].join('; ');
    await http().get('/admin/get').set('Cookie', cookies).expect(200, '"key"');
    await http().get('/site/get').set('Cookie', cookies).expect(200, '"apple"');
    expect(await app.get(SessionManager).countSessions()).toBe(2);
  });

  it('the cookie of one store opens nothing in the other', async () => {
    const [, value] = (await pairOf('/site/set?value=apple')).split('=');
    await http().get('/site/get').set('Cookie', `site.sid=${value}`).expect(200, '"apple"');
    await http().get('/admin/get').set('Cookie', `admin.sid=${value}`).expect(200, 'null');
  });
});
