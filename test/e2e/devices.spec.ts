import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CurrentSession, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { cookieOf, cookiesOf } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

@Controller()
class DevicesController {
  @Post('login')
  @HttpCode(200)
  async login(@CurrentSession() session: CurrentSession) {
    return { token: await session.start({ userId: 'ann' }) };
  }

  @Post('visit')
  @HttpCode(200)
  async visit(@CurrentSession() session: CurrentSession) {
    return { token: await session.start({}) };
  }

  @Get('devices')
  devices(@CurrentSession() session: CurrentSession) {
    return session.list();
  }
}

describeAdapters((adapter) => {
  let app: TestApp;

  const start = async (options: SessionsModuleOptions = {}) => {
    app = await startApp(adapter, { controllers: [DevicesController], options });
  };
  afterEach(() => app.close());

  const login = async (agent: string, token?: string) => {
    app.clock.advance(1);
    const request = app.http().post('/login').set('User-Agent', agent);
    return token === undefined ? request : request.set('Cookie', cookieOf(token));
  };
  const devices = async (token: string) =>
    (await app.http().get('/devices').set('Cookie', cookieOf(token))).body;

  describe('CurrentSession.list()', () => {
    it('list() shows the devices of the user with their clients, and marks the current one', async () => {
      await start();
      await login('Firefox');
      const { token } = (await login('Safari')).body;
      expect(await devices(token)).toEqual([
        expect.objectContaining({
          id: token.split('.')[0],
          current: true,
          client: { ip: expect.stringMatching(/127\.0\.0\.1$/), userAgent: 'Safari' },
        }),
        expect.objectContaining({
          current: false,
          client: expect.objectContaining({ userAgent: 'Firefox' }),
        }),
      ]);
    });

    it('list() shows only this session if it has no user', async () => {
      await start();
      await app.http().post('/visit');
      const { token } = (await app.http().post('/visit')).body;
      expect(await devices(token)).toEqual([expect.objectContaining({ current: true })]);
    });

    it('list() shows no client if recordClient is false', async () => {
      await start({ recordClient: false });
      const { token } = (await login('Firefox')).body;
      expect(await devices(token)).toEqual([expect.objectContaining({ client: {} })]);
    });
  });

  describe('maxSessionsPerUser', () => {
    it('the same browser can log in again at the limit without ending another device', async () => {
      await start({ maxSessionsPerUser: 2, onSessionLimit: 'reject' });
      const other = (await login('Firefox')).body.token;
      const here = (await login('Safari')).body.token;
      const again = await login('Safari', here);
      expect(again.status).toBe(200);
      expect(await devices(again.body.token)).toHaveLength(2);
      expect(await devices(other)).toHaveLength(2);
    });

    it('a login beyond the limit gets a 429 and keeps its cookie', async () => {
      await start({ maxSessionsPerUser: 1, onSessionLimit: 'reject' });
      await login('Firefox');
      const refused = await login('Safari');
      expect(refused.status).toBe(429);
      expect(refused.body.code).toBe('SESSION_LIMIT');
      expect(cookiesOf(refused)).toEqual([]);
    });
  });
});
