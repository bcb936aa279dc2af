import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import {
  CurrentSession,
  getCurrentSession,
  OptionalSession,
  SessionGuard,
  SessionsModule,
  SessionToken,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import {
  bearerOf,
  cookieOf,
  cookiesOf,
  expectRefusal,
  secretOf,
} from '../support/http/responses.js';
import { embeddedMemory } from '../support/databases/databases.js';
import { allow, bringBack, forbid, takeAway } from '../support/faults/outage.js';

let handled = 0;

@Controller()
class ReportController {
  @Get('guarded')
  @UseGuards(SessionGuard)
  guarded(): { handled: number } {
    return { handled: ++handled };
  }

  @Get('optional')
  @OptionalSession()
  @UseGuards(SessionGuard)
  optional(): { handled: number } {
    return { handled: ++handled };
  }

  @Get('current')
  current(@CurrentSession() _: CurrentSession): { handled: number } {
    return { handled: ++handled };
  }

  @Get('token')
  token(@SessionToken() _: string): { handled: number } {
    return { handled: ++handled };
  }

  @Post('logout')
  async logout(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.end();
  }
}

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;
  let token: string;

  beforeEach(async () => {
    handled = 0;
    app = await startApp(adapter, { controllers: [ReportController, controller] });
    token = await app.manager.createSession({ userId: 'ada' });
  });
  afterEach(() => app.close());

  const get = (path: string) => app.http().get(path).set('Cookie', cookieOf(token));
  const act = () => app.http().post('/act').set('Cookie', cookieOf(token));

  describe('while the database is unreachable', () => {
    it.each(['guarded', 'optional', 'current', 'token'])(
      'during an outage a request to a route that is %s gets a 503 before its handler runs',
      async (path) => {
        await takeAway(app.connection);
        expectRefusal(await get(`/${path}`), 'SESSION_STORE_UNAVAILABLE');
        const byBearer = app.http().get(`/${path}`).set('Authorization', bearerOf(token));
        expectRefusal(await byBearer, 'SESSION_STORE_UNAVAILABLE');
        expect(handled).toBe(0);
      },
    );

    it('a closed connection causes the same 503', async () => {
      const connection = embeddedMemory.connect();
      const sessions = SessionsModule.forRoot({ connection });
      const other = await startApp(adapter, { sessions, controllers: [ReportController] });
      const cookie = cookieOf(await other.manager.createSession({ userId: 'ada' }));
      await connection.close();
      for (const path of ['/guarded', '/optional']) {
        const response = await other.http().get(path).set('Cookie', cookie);
        expectRefusal(response, 'SESSION_STORE_UNAVAILABLE');
      }
      expect(handled).toBe(0);
      await other.close();
    });

    it('during an outage a visitor without a session is still asked to log in, and passes optional routes', async () => {
      await takeAway(app.connection);
      expectRefusal(await app.http().get('/guarded'), 'SESSION_MISSING');
      await app.http().get('/optional').expect(200, { handled: 1 });
    });

    it.each<[string, (session: CurrentSession) => Promise<unknown>]>([
      ['start', (session) => session.start({})],
      ['update', (session) => session.update({})],
      ['update with a change', (session) => session.update(() => ({}))],
      ['renew', (session) => session.renew()],
      ['end', (session) => session.end()],
    ])('during an outage %s fails with a 503 and keeps the cookie', async (_, call) => {
      does(async (session) => {
        await takeAway(app.connection);
        await call(session);
      });
      expectRefusal(await act(), 'SESSION_STORE_UNAVAILABLE');
    });

    it('all readers of a request get the same failure', async () => {
      const asked: unknown[] = [];
      does(() => undefined);
      await takeAway(app.connection);
      app.app.useGlobalFilters({
        async catch(error: Error, host) {
          const http = host.switchToHttp();
          asked.push(error, await getCurrentSession(http.getRequest()).catch((again) => again));
          http.getResponse().status(500).send({});
        },
      });
      await act();
      expect(asked[0]).toBe(asked[1]);
    });
  });

  describe('once the database is back', () => {
    it('the session is unchanged after an outage', async () => {
      await takeAway(app.connection);
      await get('/guarded').expect(503);
      await bringBack(app.connection);
      await get('/guarded').expect(200, { handled: 1 });
    });
  });

  describe('a logout that fails', () => {
    it('a failed logout keeps the cookie, so that the visitor can try again', async () => {
      await forbid(app.connection, 'UPDATE');
      const logout = () => app.http().post('/logout').set('Cookie', cookieOf(token));
      expectRefusal(await logout(), 'SESSION_STORE_UNAVAILABLE');
      await get('/guarded').expect(200);
      await allow(app.connection, 'UPDATE');
      expect(cookiesOf(await logout())).toEqual([expect.stringMatching(/^__Host-id=;/)]);
      await get('/guarded').expect(401);
    });

    it('the session stays usable in the request after a failed logout', async () => {
      await forbid(app.connection, 'UPDATE');
      does(async (session) => {
        await session.end().catch(() => {});
        return { exists: session.exists };
      });
      const answer = await act();
      expect(answer.body).toEqual({ exists: true });
      expect(cookiesOf(answer)).toEqual([]);
    });
  });

  describe('a login that fails', () => {
    it('a failed login sets no cookie and keeps the existing session', async () => {
      await forbid(app.connection, 'INSERT');
      does((session) => session.start({}));
      expectRefusal(await act(), 'SESSION_STORE_UNAVAILABLE');
      await expect(app.manager.retrieveSession(token)).resolves.toBeDefined();
    });
  });

  it('responses and logs of failures contain no token, statement or data', async () => {
    does(async (session) => {
      await session.update({ pin: 'my-secret-pin' });
    });
    await forbid(app.connection, 'UPDATE');
    const answers = [await act()];
    await takeAway(app.connection);
    answers.push(await get('/guarded'), await get('/token'), await act());
    const told = [...answers.map(({ text }) => text), ...app.logger.lines()].join('\n');
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
    expect(told).not.toContain(secretOf(token));
    expect(told).not.toContain(token.split('.')[0]);
    expect(told).not.toContain('my-secret-pin');
    expect(told).not.toMatch(/SELECT|UPDATE|server_sessions/);
    // The code of the driver's error is only for the log.
    const lines = app.logger.lines('error').join('\n');
    expect(lines).toContain('SQLITE_ERROR');
    expect(lines).toContain('GET /guarded: ');
    expect(lines).toContain('GET /token: ');
    expect(answers.map(({ text }) => text).join()).not.toContain('SQLITE');
  });
});
