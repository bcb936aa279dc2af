import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, UseFilters } from '@nestjs/common';
import {
  CurrentSession,
  SessionExceptionFilter,
  SessionManager,
  SessionToken,
  type SessionEndReason,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';

@Controller()
class AccountController {
  constructor(private readonly sessions: SessionManager) {}

  @Post('close')
  @HttpCode(200)
  close(@CurrentSession() session: CurrentSession) {
    return session.end({ reason: 'account-closed' as SessionEndReason });
  }

  @Post('close-badly')
  closeBadly(@CurrentSession() session: CurrentSession) {
    return session.end({ reason: 'Account closed' as SessionEndReason });
  }

  @Get('by-manager')
  @UseFilters(SessionExceptionFilter)
  byManager(@SessionToken() token: string | undefined) {
    return this.sessions.retrieveSession(token ?? ended);
  }
}

/** The token that the route `by-manager` uses, since a request has none for a session that was ended. */
let ended: string;

describeAdapters((adapter) => {
  let shop: TestApp;

  const start = async (options: SessionsModuleOptions = {}) => {
    shop = await startApp(adapter, { controllers: [ShopController, AccountController], options });
  };
  afterEach(() => shop.close());

  const login = async (token?: string) => {
    shop.clock.advance(1);
    const request = shop.http().post('/login').send({ name: 'ann' }).set('User-Agent', 'Firefox');
    return (await (token === undefined ? request : request.set('Cookie', cookieOf(token)))).body
      .token as string;
  };
  const me = (headers: Record<string, string>) => shop.http().get('/me').set(headers);

  describe('the reason of an end', () => {
    it.each<[reason: string, end: (token: string) => Promise<unknown>]>([
      ['logout', (token) => shop.http().post('/logout').set('Cookie', cookieOf(token))],
      ['account-closed', (token) => shop.http().post('/close').set('Cookie', cookieOf(token))],
      ['replaced', (token) => login(token)],
      ['evicted', () => login()],
      ['revoked', (token) => shop.manager.removeSessionById(token.split('.')[0]!)],
    ])('a client hears %s, by cookie and by bearer token', async (reason, end) => {
      await start({ maxSessionsPerUser: 1 });
      const token = await login();
      await end(token);
      const rejected: SessionEvent[] = [];
      shop.manager.events$.subscribe((event) => rejected.push(event));
      expectRefusal(await me({ Cookie: cookieOf(token) }), 'SESSION_ENDED', reason);
      expectRefusal(await me({ Authorization: bearerOf(token) }), 'SESSION_ENDED', reason);
      expect(rejected).toMatchObject([
        { type: 'rejected', reason: 'ended' },
        { type: 'rejected', reason: 'ended' },
      ]);
      ended = token;
      expectRefusal(await shop.http().get('/by-manager'), 'SESSION_ENDED', reason);
    });

    it('with showEndReason: false every client hears ended', async () => {
      await start({ showEndReason: false });
      ended = await login();
      await shop.http().post('/logout').set('Cookie', cookieOf(ended));
      expectRefusal(await me({ Cookie: cookieOf(ended) }), 'SESSION_ENDED', 'ended');
      expectRefusal(await shop.http().get('/by-manager'), 'SESSION_ENDED', 'ended');
    });

    it('without a retention there is no session to hear of', async () => {
      await start({ cleanup: { retention: 0 } });
      const token = await login();
      await shop.http().post('/logout').set('Cookie', cookieOf(token));
      expectRefusal(await me({ Cookie: cookieOf(token) }), 'SESSION_NOT_FOUND');
    });

    it('a word that can not be a reason is a mistake of the application, and ends nothing', async () => {
      await start();
      const token = await login();
      await shop.http().post('/close-badly').set('Cookie', cookieOf(token)).expect(500);
      await me({ Cookie: cookieOf(token) }).expect(200);
    });

    it('an optional route and a logout work with the token of an ended session', async () => {
      await start();
      const token = await login();
      await shop.manager.removeSession(token);
      const cookie = { Cookie: cookieOf(token) };
      await shop.http().get('/visitor').set(cookie).expect(200, { name: 'a stranger' });
      const logout = await shop.http().post('/logout').set(cookie).expect(200);
      expect(cookiesOf(logout)).toHaveLength(1);
      await expect(shop.manager.listSessions('ann', { ended: true })).resolves.toMatchObject([
        { endReason: 'logout' },
      ]);
    });
  });

  describe('the row of an ended session', () => {
    it('it keeps the client that started the session, and no data', async () => {
      await start();
      await shop.manager.removeSession(await login());
      const [ofAnn] = await shop.manager.listSessions('ann', { ended: true });
      expect(ofAnn!.client).toMatchObject({ userAgent: 'Firefox' });
      const [rows] = await shop.connection.query('SELECT data FROM server_sessions');
      expect(rows).toEqual([{ data: '' }]);
    });

    it('it keeps no client if recordClient is false', async () => {
      await start({ recordClient: false });
      await shop.manager.removeSession(await login());
      const [rows] = await shop.connection.query(
        'SELECT ip_address, user_agent FROM server_sessions',
      );
      expect(rows).toEqual([{ ip_address: null, user_agent: null }]);
    });
  });
});
