import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Post,
  Session as NestSession,
  UseGuards,
  type INestApplication,
} from '@nestjs/common';
import {
  CurrentSession,
  GuardedSession,
  OptionalSession,
  Session,
  SessionGuard,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { expectRefusal } from '../support/http/responses.js';

interface Account {
  userId: string;
  visits: number;
}

@Controller()
class AccountController {
  @Post('login')
  async login(@CurrentSession() session: CurrentSession<Account>) {
    await session.start({ userId: 'ada', visits: 1 });
    return describeSession(session);
  }

  @Get('account')
  @UseGuards(SessionGuard)
  async account(@GuardedSession() session: GuardedSession<Account>) {
    // No `!` and no `?`: the type knows that the session exists.
    const doubled = session.data.visits * 2;
    return { ...describeSession(session), doubled, since: session.createdAt.getTime() };
  }

  @Post('visit')
  @UseGuards(SessionGuard)
  async visit(@GuardedSession() session: GuardedSession<Account>) {
    await session.update((data) => {
      data.visits += 1;
    });
    return describeSession(session);
  }

  @Post('logout')
  @UseGuards(SessionGuard)
  async logout(@GuardedSession() session: GuardedSession<Account>) {
    await session.end();
    return describeSession(session);
  }

  @Get('anybody')
  anybody(@CurrentSession() session: CurrentSession<Account>) {
    return describeSession(session);
  }

  @Get('unguarded')
  unguarded(@GuardedSession() session: GuardedSession<Account>) {
    return session.id;
  }

  @Get('optional')
  @UseGuards(SessionGuard)
  @OptionalSession()
  optional(@GuardedSession() session: GuardedSession<Account>) {
    return session.data;
  }
}

/** The properties of a session beside its data, in a form that JSON keeps. */
function describeSession({ exists, id, userId, createdAt, renewedAt, client }: CurrentSession) {
  const times = { createdAt: createdAt?.getTime(), renewedAt: renewedAt?.getTime() };
  return { exists, hasId: id !== undefined, userId, ip: client?.ip, ...times };
}

@Controller()
@UseGuards(SessionGuard)
class MixedUpController {
  @Get('foreign')
  foreign(@NestSession() session: object | undefined) {
    return { session };
  }

  @Get('both')
  both(@NestSession() foreign: object, @Session('userId') userId: string) {
    return { foreign, userId };
  }
}

describeAdapters((adapter) => {
  let shop: TestApp;
  afterEach(() => shop.close());

  const START = Date.UTC(2026, 0, 1);
  const start = async (configure?: (app: INestApplication) => void) => {
    const controllers = [AccountController, MixedUpController];
    shop = await startApp(adapter, { controllers, ...(configure && { configure }) });
    return shop;
  };
  const login = async () => {
    const token = await shop.manager.createSession({ userId: 'ada', visits: 1 });
    return { authorization: `Bearer ${token}` };
  };

  describe('the session of a guarded request', () => {
    it('a guarded session has its data, its owner, its dates and its client', async () => {
      await start();
      const started = await shop.http().post('/login').expect(201);
      const session = { exists: true, hasId: true, userId: 'ada', createdAt: START };
      expect(started.body).toEqual({ ...session, renewedAt: START, ip: '127.0.0.1' });
      const cookie = started.get('Set-Cookie')![0]!.split(';')[0]!;
      shop.clock.advance(1000);
      const visit = await shop.http().post('/visit').set({ cookie }).expect(201);
      expect(visit.body).toEqual({ ...started.body, renewedAt: START + 1000 });
      const account = await shop.http().get('/account').set({ cookie }).expect(200);
      expect(account.body).toEqual({ ...visit.body, doubled: 4, since: START });
      const logout = await shop.http().post('/logout').set({ cookie }).expect(201);
      expect(logout.body).toEqual({ exists: false, hasId: false });
    });

    it('without a session these properties of CurrentSession are undefined', async () => {
      await start();
      const { body } = await shop.http().get('/anybody').expect(200);
      expect(body).toEqual({ exists: false, hasId: false });
    });

    it('a request without a session gets a 401, also where a session is optional', async () => {
      await start();
      expectRefusal(await shop.http().get('/account'), 'SESSION_MISSING');
      expectRefusal(await shop.http().get('/optional'), 'SESSION_MISSING');
      const headers = await login();
      await shop.http().get('/optional').set(headers).expect(200, { userId: 'ada', visits: 1 });
    });

    it('without a guard the log says what to add', async () => {
      await start();
      await shop
        .http()
        .get('/unguarded')
        .set(await login())
        .expect(500);
      expect(shop.logger.lines().join()).toContain(
        '@GuardedSession() in AccountController.unguarded() needs a SessionGuard',
      );
    });
  });

  describe('the decorator of @nestjs/common with the same name', () => {
    it('a guarded handler with the other @Session() gets a 500, and the log says what to import', async () => {
      await start();
      await shop
        .http()
        .get('/foreign')
        .set(await login())
        .expect(500);
      expect(shop.logger.lines().join()).toContain(
        'MixedUpController.foreign() has the @Session() of @nestjs/common, which gives req.session, but nothing sets ' +
          'that. Import Session from nestjs-server-sessions instead.',
      );
    });

    it('the other @Session() works if something sets req.session', async () => {
      await start((app) => {
        const instance = app.getHttpAdapter().getInstance();
        const setSession = (request: { session?: object }) => {
          request.session = { from: 'elsewhere' };
        };
        if (adapter.framework === 'fastify') {
          instance.addHook('onRequest', async (request: object) => setSession(request));
        } else {
          app.use((request: object, _: unknown, next: () => void) => {
            setSession(request);
            next();
          });
        }
      });
      const headers = await login();
      const foreign = { from: 'elsewhere' };
      await shop.http().get('/foreign').set(headers).expect(200, { session: foreign });
      await shop.http().get('/both').set(headers).expect(200, { foreign, userId: 'ada' });
    });
  });
});
