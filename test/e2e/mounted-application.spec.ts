import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards, type INestApplication } from '@nestjs/common';
import { getCurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { cookieOf, expectRefusal } from '../support/http/responses.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';

@Controller('account')
class AccountController {
  @Get()
  @UseGuards(SessionGuard)
  read(@Session('userId') userId: string): { userId: string } {
    return { userId };
  }
}

// Only Express mounts one application in another, so that both handle the same request.
describe('an application in another, each with sessions', () => {
  const adapter = ADAPTERS.find(({ name }) => name === 'Express')!;
  let inner: TestApp;
  let outer: TestApp;

  beforeAll(async () => {
    inner = await startApp(adapter, { controllers: [AccountController] });
    const mount = (app: INestApplication) => {
      app.use(async (request: object, _: unknown, next: () => void) => {
        await getCurrentSession(request);
        next();
      });
      app.use('/inner', inner.app.getHttpAdapter().getInstance());
    };
    outer = await startApp(adapter, { controllers: [AccountController], configure: mount });
  });
  afterAll(async () => {
    await outer.close();
    await inner.close();
  });

  const get = (path: string, cookie: string) => outer.http().get(path).set('Cookie', cookie);

  it('a mounted application knows only the sessions of its own database', async () => {
    const ofInner = cookieOf(await inner.manager.createSession({ userId: 'ann' }));
    const ofOuter = cookieOf(await outer.manager.createSession({ userId: 'mallory' }));
    expectRefusal(await get('/inner/account', ofOuter), 'SESSION_NOT_FOUND');
    await get('/inner/account', ofInner).expect(200, { userId: 'ann' });
    await get('/account', ofOuter).expect(200, { userId: 'mallory' });
    expectRefusal(await get('/account', ofInner), 'SESSION_NOT_FOUND');
    expect(outer.logger.lines('error')).toEqual([]);
  });
});
