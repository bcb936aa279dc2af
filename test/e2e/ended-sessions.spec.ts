import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { getCurrentSession, SessionGuard } from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const DAY = 24 * 60 * 60 * 1000;

class EndingGuard implements CanActivate {
  async canActivate(context: ExecutionContext) {
    await (await getCurrentSession(context)).end();
    return true;
  }
}

@Controller()
class ClosedController {
  @Get('closed')
  @UseGuards(EndingGuard, SessionGuard)
  closed() {}
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let token: string;
  const { controller, does } = actingController<ShopSession>();

  beforeEach(async () => {
    shop = await startApp(adapter, { controllers: [ShopController, ClosedController, controller] });
    token = (await shop.http().post('/login').send({ name: 'ada' })).body.token;
  });
  afterEach(() => shop.close());

  const cookie = () => ({ Cookie: cookieOf(token) });
  const rows = async () =>
    (await shop.connection.query(`SELECT id FROM server_sessions WHERE end_reason = ''`))[0];

  describe('a session that has expired', () => {
    beforeEach(() => shop.clock.advance(DAY));

    it('an expired session can not be renewed after a logout', async () => {
      const answer = await shop.http().post('/logout').set(cookie()).expect(200);
      expect(cookiesOf(answer)).toHaveLength(1);
      await expect(shop.manager.renewSession(token, { allowExpired: true })).rejects.toThrow(
        'no session',
      );
    });

    it('a login replaces an expired session', async () => {
      await shop.http().post('/login').set(cookie()).send({ name: 'ada' }).expect(200);
      expect(await rows()).toHaveLength(1);
    });
  });

  it('a logout after an update also ends an expired session that came with a live one', async () => {
    const expired = await shop.manager.createSession(undefined, { expireTime: 1 });
    shop.clock.advance(1);
    does(async (session) => {
      await session.update({ userId: 'ada', basket: ['tea'] });
      await session.end();
    });
    const cookies = `${cookieOf(token)}; ${cookieOf(expired)}`;
    await shop.http().post('/act').set('Cookie', cookies).expect(200);
    expect(await rows()).toEqual([]);
  });

  it('guards after the one that ended a session find it missing', async () => {
    const { status, body } = await shop.http().get('/closed').set(cookie());
    expect([status, body.code]).toEqual([401, 'SESSION_MISSING']);
  });

  describe('a session that cannot be read', () => {
    beforeEach(() => shop.connection.query(`UPDATE server_sessions SET data = '{damaged'`));

    it('an unreadable session is a 500 with its own code, and emits a failed event, no rejected one', async () => {
      const events: unknown[] = [];
      shop.manager.events$.subscribe(({ at: _, ...event }) => events.push(event));
      expectRefusal(await shop.http().get('/me').set(cookie()), 'SESSION_DATA');
      expectRefusal(await shop.http().get('/visitor').set(cookie()), 'SESSION_DATA');
      const basket = shop.http().post('/basket').set(cookie()).send({ product: 'tea' });
      expectRefusal(await basket, 'SESSION_DATA');
      expect(shop.logger.lines('error').join()).toContain('is damaged and was not used');
      const failed = { type: 'failed', code: 'ERR_SESSION_DATA' };
      expect(events).toEqual([failed, failed, failed]);
    });

    it('an unreadable session is logged if no guard refuses the request', async () => {
      await shop.http().post('/logout').set(cookie()).expect(200);
      const [id] = token.split('.');
      expect(shop.logger.lines('warn').join()).toMatch(
        `The session ${id} of a request can't be used`,
      );
    });

    it('an unreadable session does not prevent a logout', async () => {
      const answer = await shop.http().post('/logout').set(cookie()).expect(200);
      expect(cookiesOf(answer)).toHaveLength(1);
      expect(await rows()).toEqual([]);
    });

    it('an unreadable session does not prevent a login', async () => {
      const answer = await shop.http().post('/login').set(cookie()).send({ name: 'ada' });
      token = answer.body.token;
      await shop.http().get('/me').set(cookie()).expect(200);
      expect(await rows()).toHaveLength(1);
    });
  });
});
