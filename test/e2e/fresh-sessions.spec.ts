import { afterEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import {
  CurrentSession,
  OptionalSession,
  PublicRoute,
  RequireFresh,
  Session,
  SessionsConfigurationError,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { bearerOf, cookieOf, cookiesOf } from '../support/http/responses.js';

const MINUTE = 60_000;

@Controller('account')
@RequireFresh(60 * MINUTE)
class AccountController {
  @Get('orders')
  orders(@Session('userId') userId: string) {
    return { ordersOf: userId };
  }

  @Get('email')
  @RequireFresh(5 * MINUTE)
  email(@Session('userId') userId: string) {
    return { emailOf: userId };
  }

  @Get('greeting')
  @OptionalSession()
  greeting() {
    return { hello: true };
  }

  @Get('public')
  @PublicRoute()
  public() {
    return { public: true };
  }
}

@Controller()
class ConfirmController {
  @Post('confirm')
  @HttpCode(200)
  async confirm(@Body() options: object, @CurrentSession() session: CurrentSession<ShopSession>) {
    return { token: await session.confirm(options), confirmedAt: session.confirmedAt };
  }

  @Post('confirm-with-basket')
  @HttpCode(200)
  async confirmWithBasket(@CurrentSession() session: CurrentSession<ShopSession>) {
    const token = await session.confirm({ change: (data) => void data.basket.push('apple') });
    return { token, basket: session.data!.basket };
  }

  @Post('regenerate')
  @HttpCode(200)
  async regenerate(@CurrentSession() session: CurrentSession<ShopSession>) {
    return { token: await session.regenerate({ grace: MINUTE }) };
  }

  @Post('visit')
  @HttpCode(200)
  async visit(@CurrentSession() session: CurrentSession<ShopSession>) {
    return { token: await session.start({ basket: [] }) };
  }

  @Get('state')
  state(@CurrentSession() session: CurrentSession<ShopSession>) {
    return { confirmedAt: session.confirmedAt?.getTime() };
  }
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;

  const start = async (options: SessionsModuleOptions = {}) => {
    shop = await startApp(adapter, {
      controllers: [ShopController, AccountController, ConfirmController],
      options: { expireTime: 24 * 60 * MINUTE, ...options },
    });
  };
  afterEach(() => shop?.close());

  const get = (path: string, headers: Record<string, string>) => shop.http().get(path).set(headers);
  const post = (path: string, token: string, body: object = {}) =>
    shop.http().post(path).set('Cookie', cookieOf(token)).send(body);
  const login = async () =>
    (await shop.http().post('/login').send({ name: 'ann' })).body.token as string;
  const email = (token: string) => get('/account/email', { Cookie: cookieOf(token) });

  describe('@RequireFresh()', () => {
    it('a login is fresh until maxAge has passed', async () => {
      await start();
      const token = await login();
      shop.clock.advance(5 * MINUTE - 1);
      expect((await email(token)).body).toEqual({ emailOf: 'ann' });
      shop.clock.advance(1);
      expect((await email(token)).status).toBe(403);
    });

    it('a page hears a 403 that leaves the cookie and is no logout', async () => {
      await start();
      const token = await login();
      shop.clock.advance(5 * MINUTE);
      const response = await email(token);
      expect(response.body).toEqual({
        statusCode: 403,
        error: 'Forbidden',
        code: 'SESSION_NOT_FRESH',
        message: expect.stringContaining('password'),
      });
      expect(response.headers['www-authenticate']).toBeUndefined();
      expect(response.headers['cache-control']).toBe('no-store');
      expect(cookiesOf(response)).toEqual([]);
      expect((await get('/me', { Cookie: cookieOf(token) })).status).toBe(200);
    });

    it('a bearer token hears the challenge of RFC 9470', async () => {
      await start();
      const token = await login();
      shop.clock.advance(5 * MINUTE);
      const response = await get('/account/email', { Authorization: bearerOf(token) });
      expect(response.status).toBe(401);
      expect(response.body).toMatchObject({ statusCode: 401, code: 'SESSION_NOT_FRESH' });
      expect(response.headers['www-authenticate']).toBe(
        'Bearer realm="sessions", error="insufficient_user_authentication", max_age="300"',
      );
    });

    it('the handler takes precedence over the class, and guards without another guard', async () => {
      await start();
      const token = await login();
      shop.clock.advance(5 * MINUTE);
      expect((await get('/account/orders', { Cookie: cookieOf(token) })).status).toBe(200);
      shop.clock.advance(55 * MINUTE);
      expect((await get('/account/orders', { Cookie: cookieOf(token) })).status).toBe(403);
      expect((await get('/account/orders', {})).body.code).toBe('SESSION_MISSING');
    });

    it('the demand of a class holds for its optional handlers, not for its public ones', async () => {
      await start();
      expect((await get('/account/greeting', {})).body.code).toBe('SESSION_MISSING');
      expect((await get('/account/public', {})).status).toBe(200);
    });

    it.each([PublicRoute, OptionalSession])(
      'a handler can not be fresh and open at once: %p',
      (decorate) => {
        const contradict = () => {
          class Contradicting {
            @RequireFresh(MINUTE)
            @decorate()
            handle() {}
          }
          return Contradicting;
        };
        expect(contradict).toThrow(SessionsConfigurationError);
      },
    );

    it.each([0, -1, Number.NaN, '5m', undefined])('%p is no maxAge', (maxAge) => {
      expect(() => RequireFresh(maxAge as number)).toThrow(/maxAge.*milliseconds/);
    });
  });

  describe('what makes a session fresh', () => {
    it('confirm() does, with a new token and cookie, and the old token opens nothing', async () => {
      await start();
      const token = await login();
      shop.clock.advance(60 * MINUTE);
      const events: SessionEvent[] = [];
      shop.manager.events$.subscribe((event) => events.push(event));
      const confirmed = await post('/confirm', token);
      expect(confirmed.status).toBe(200);
      expect(confirmed.body.confirmedAt).toBe(new Date(shop.clock.now()).toISOString());
      expect(cookiesOf(confirmed)).toEqual([
        expect.stringContaining(`__Host-id=${confirmed.body.token}`),
      ]);
      expect(events).toMatchObject([{ type: 'regenerated' }]);
      expect((await email(confirmed.body.token)).status).toBe(200);
      expect((await email(token)).body.code).toBe('SESSION_NOT_FOUND');
    });

    it('confirm() by a bearer token returns the new token and sets no cookie', async () => {
      await start();
      const token = await login();
      shop.clock.advance(60 * MINUTE);
      const headers = { Authorization: bearerOf(token) };
      const confirmed = await shop.http().post('/confirm').set(headers).send({});
      expect(cookiesOf(confirmed)).toEqual([]);
      const fresh = { Authorization: bearerOf(confirmed.body.token) };
      expect((await get('/account/email', fresh)).status).toBe(200);
    });

    it('confirm() changes the data at the same moment', async () => {
      await start();
      const confirmed = await post('/confirm-with-basket', await login());
      expect(confirmed.body.basket).toEqual(['apple']);
      const { token } = confirmed.body;
      expect((await get('/basket', { Cookie: cookieOf(token) })).body).toEqual(['apple']);
    });

    it.each([{ grace: MINUTE }, { persistent: 'yes' }, { change: 1 }])(
      'confirm() refuses the options %j',
      async (options) => {
        await start();
        const token = await login();
        expect((await post('/confirm', token, options)).status).toBe(500);
        expect((await get('/me', { Cookie: cookieOf(token) })).status).toBe(200);
      },
    );

    it('confirm() needs a session', async () => {
      await start();
      expect((await shop.http().post('/confirm').send({})).body.code).toBe('SESSION_MISSING');
    });

    it('a token in its grace confirms nothing', async () => {
      await start();
      const token = await login();
      shop.clock.advance(60 * MINUTE);
      await post('/regenerate', token);
      expect((await post('/confirm', token)).body.code).toBe('SESSION_CONFLICT');
      expect((await email(token)).body.code).toBe('SESSION_NOT_FRESH');
    });

    it('of parallel confirmations with one token, one succeeds', async () => {
      await start();
      const token = await login();
      const all = await Promise.all(Array.from({ length: 8 }, () => post('/confirm', token)));
      expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    it('a new token and a renewal keep the moment, and do not move it', async () => {
      await start({ rolling: true, touchAfter: 1 });
      const token = await login();
      const { confirmedAt } = (await get('/state', { Cookie: cookieOf(token) })).body;
      expect(confirmedAt).toBe(shop.clock.now());
      shop.clock.advance(2 * MINUTE);
      const rotated = (await post('/regenerate', token)).body.token as string;
      shop.clock.advance(2 * MINUTE);
      const state = await get('/state', { Cookie: cookieOf(rotated) });
      expect(state.body).toEqual({ confirmedAt });
      await shop.manager.renewSession(rotated);
      shop.clock.advance(MINUTE);
      expect((await email(rotated)).status).toBe(403);
    });

    it('a session of a visitor and one of createSession() are not fresh', async () => {
      await start();
      const visitor = (await shop.http().post('/visit')).body.token as string;
      const created = await shop.manager.createSession({ userId: 'ann', basket: [] });
      for (const token of [visitor, created]) {
        expect((await email(token)).body.code).toBe('SESSION_NOT_FRESH');
        expect((await shop.manager.inspectSession(token)).confirmedAt).toBeUndefined();
      }
    });
  });
});
