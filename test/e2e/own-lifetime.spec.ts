import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard } from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, cookiesOf } from '../support/http/responses.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

@Controller()
class LifetimeController {
  @Post('login')
  async login(@CurrentSession() session: CurrentSession, @Body('endsAt') endsAt: string) {
    const token = await session.start({ userId: 'ada' }, { endsAt: new Date(endsAt) });
    return { token, expiresAt: session.expiresAt };
  }

  @Post('renew')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async renew(@CurrentSession() session: CurrentSession, @Body() options: { expireTime?: number }) {
    await session.renew(options);
    return { expiresAt: session.expiresAt };
  }
}

describeAdapters((adapter) => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp(adapter, {
      controllers: [LifetimeController],
      options: { expireTime: HOUR },
    });
  });
  afterEach(() => app.close());

  const renew = async (token: string, options: object) => {
    const response = await app.http().post('/renew').set('Cookie', cookieOf(token)).send(options);
    const { expiresAt } = await app.manager.inspectSession(token);
    return { response, expiresAt: expiresAt.toISOString() };
  };
  const after = (time: number) => new Date(app.clock.now() + time).toISOString();

  it.each([
    ['shortens', MINUTE],
    ['extends', 20 * HOUR],
  ])('renew({ expireTime }) %s the session, and the request shows the new end', async (_, time) => {
    const token = await app.manager.createSession({ userId: 'ada' });
    const { response, expiresAt } = await renew(token, { expireTime: time });
    expect(expiresAt).toBe(after(time));
    expect(response.body).toEqual({ expiresAt });
  });

  it('renew() without options keeps the lifetime that the session has', async () => {
    const token = await app.manager.createSession({ userId: 'ada' }, { expireTime: MINUTE });
    app.clock.advance(MINUTE / 2);
    const { response, expiresAt } = await renew(token, {});
    expect(expiresAt).toBe(after(MINUTE));
    expect(response.body).toEqual({ expiresAt });
  });

  it('the cookie and the session of start() end at endsAt, whatever renews it', async () => {
    const endsAt = after(10 * MINUTE);
    const login = await app.http().post('/login').send({ endsAt });
    const { token, expiresAt } = login.body as { token: string; expiresAt: string };
    expect(expiresAt).toBe(endsAt);
    expect(cookiesOf(login)[0]).toContain('Max-Age=600;');
    app.clock.advance(9 * MINUTE);
    expect((await renew(token, { expireTime: HOUR })).expiresAt).toBe(endsAt);
  });

  it('renew() refuses options of other names', async () => {
    const token = await app.manager.createSession({ userId: 'ada' });
    const { response } = await renew(token, { allowExpired: true });
    expect(response.status).toBe(500);
  });
});
