import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, Session, SessionGuard, type SessionEvent } from 'nestjs-server-sessions';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

interface Account {
  userId?: string;
  role?: string;
}

@Controller()
class AccountController {
  @Post('login')
  @HttpCode(200)
  async login(@CurrentSession() session: CurrentSession<Account>) {
    return { token: await session.start({ userId: 'ann' }) };
  }

  @Get('role')
  @UseGuards(SessionGuard)
  role(@Session() { role = 'user' }: Account) {
    return { role };
  }

  @Post('become-admin')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async becomeAdmin(@CurrentSession() session: CurrentSession<Account>) {
    const { id } = session;
    const token = await session.regenerate({
      change: (data) => {
        data.role = 'admin';
      },
    });
    return { token, sameId: session.id === id, data: session.data };
  }

  @Post('rotate')
  @HttpCode(200)
  async rotate(@CurrentSession() session: CurrentSession<Account>) {
    return { token: await session.regenerate({ grace: 1000 }) };
  }

  @Post('rotate-for-now')
  @HttpCode(200)
  async rotateForNow(@CurrentSession() session: CurrentSession<Account>) {
    await session.regenerate({ persistent: false });
  }

  @Post('write')
  @HttpCode(200)
  async write(@CurrentSession() session: CurrentSession<Account>) {
    return session.update((data) => {
      data.role = 'writer';
    });
  }

  @Post('logout')
  @HttpCode(200)
  async logout(@CurrentSession() session: CurrentSession<Account>) {
    await session.end();
  }
}

describeAdapters((adapter) => {
  let app: TestApp<Account>;

  beforeEach(async () => {
    app = await startApp(adapter, { controllers: [AccountController] });
  });
  afterEach(() => app.close());

  const send = (method: 'get' | 'post', path: string, token?: string) => {
    const request = app.http()[method](path);
    return token === undefined ? request : request.set('Cookie', cookieOf(token));
  };
  const login = async (token?: string): Promise<string> =>
    (await send('post', '/login', token)).body.token;

  describe('a change of rights', () => {
    it('regenerate() gives the session a new token and cookie with its new data', async () => {
      const old = await login();
      const answer = await send('post', '/become-admin', old);
      const { token } = answer.body;
      expect(answer.body).toMatchObject({
        sameId: true,
        data: { userId: 'ann', role: 'admin' },
      });
      expect(cookiesOf(answer)).toEqual([expect.stringContaining(cookieOf(token))]);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect((await send('get', '/role', token)).body).toEqual({ role: 'admin' });
      expectRefusal(await send('get', '/role', old), 'SESSION_NOT_FOUND');
    });

    it('regenerate() can give a cookie that lasts until the browser closes', async () => {
      const [cookie] = cookiesOf(await send('post', '/rotate-for-now', await login()));
      expect(cookie).not.toContain('Max-Age');
    });

    it('regenerate() is refused without a session', async () => {
      expectRefusal(await send('post', '/rotate'), 'SESSION_MISSING');
    });
  });

  describe('a token in its grace period', () => {
    it('a token in its grace can read, and its writes fail with a conflict', async () => {
      const old = await login();
      await send('post', '/rotate', old).expect(200);
      await send('get', '/role', old).expect(200);
      expectRefusal(await send('post', '/write', old), 'SESSION_CONFLICT');
      expectRefusal(await send('post', '/rotate', old), 'SESSION_CONFLICT');
      app.clock.advance(1000);
      expectRefusal(await send('get', '/role', old), 'SESSION_NOT_FOUND');
    });
  });

  describe('a logout with a token that was rotated out', () => {
    it('a logout with a token that was just rotated out ends the session', async () => {
      const old = await login();
      const { token } = (await send('post', '/become-admin', old)).body;
      await send('post', '/logout', old).expect(200);
      expectRefusal(await send('get', '/role', token), 'SESSION_ENDED');
    });
  });

  describe('a token that was rotated out a minute ago', () => {
    /** It, and the one in its place. */
    const rotatedOut = async () => {
      const old = await login();
      const { token } = (await send('post', '/rotate', old)).body;
      app.clock.advance(60_000);
      return { old, token };
    };

    it('a token that was rotated out a minute ago is not found, and its logout clears only the cookie', async () => {
      const { old, token } = await rotatedOut();
      expectRefusal(await send('get', '/role', old), 'SESSION_NOT_FOUND');
      let cookies: string[] = [];
      const statements = await app.statementsOf(async () => {
        cookies = cookiesOf(await send('post', '/logout', old).expect(200));
      });
      expect(cookies).toEqual([expect.stringMatching(/^__Host-id=; Max-Age=0;/)]);
      expect(statements).toEqual([expect.stringMatching(/^SELECT/)]);
      await send('get', '/role', token).expect(200);
    });

    it('a token that was rotated out just under a minute ago ends its session', async () => {
      const old = await login();
      const { token } = (await send('post', '/rotate', old)).body;
      app.clock.advance(59_999);
      await send('post', '/logout', old).expect(200);
      expectRefusal(await send('get', '/role', token), 'SESSION_ENDED');
    });

    it('a login replaces a token that was rotated out, and keeps its session', async () => {
      const { old, token } = await rotatedOut();
      expect(await login(old)).not.toBe(old);
      await send('get', '/role', token).expect(200);
    });
  });

  describe('a login on a request that has a session', () => {
    it('a login ends the session of the request, so that a token from before the login is worthless', async () => {
      const planted = await login();
      const token = await login(planted);
      expect(token).not.toBe(planted);
      expect(token.split('.')[0]).not.toBe(planted.split('.')[0]);
      expectRefusal(await send('get', '/role', planted), 'SESSION_ENDED', 'replaced');
      await send('get', '/role', token).expect(200);
    });
  });

  describe('events$', () => {
    it('events report why requests were refused and which sessions logins replaced', async () => {
      const token = await login();
      const events: SessionEvent[] = [];
      app.manager.events$.subscribe((event) => void events.push(event));
      await send('get', '/role');
      await app.http().get('/role').set('Authorization', bearerOf('nonsense'));
      await login(token);
      expect(events.map(({ at: _, ...event }) => event)).toEqual([
        { type: 'rejected', reason: 'missing' },
        { type: 'rejected', reason: 'not-found' },
        { type: 'removed', reason: 'replaced', id: token.split('.')[0] },
        { type: 'created', id: expect.any(String), userId: 'ann' },
      ]);
    });

    it('a subscriber that throws is logged, and events go on', async () => {
      app.manager.events$.subscribe(async () => {
        throw new Error('a broken subscriber');
      });
      await login();
      expect(app.logger.lines('error').join()).toContain(
        'A subscriber to events$ failed: a broken subscriber',
      );
    });
  });
});
