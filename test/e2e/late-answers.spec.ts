import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard } from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { ScriptedBrowser } from '../support/http/scripted-browser.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const MINUTE = 60 * 1000;

@Controller()
class AccountController {
  @Post('renew')
  async renew(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.renew();
  }

  @Post('promote')
  @UseGuards(SessionGuard)
  async promote(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.regenerate();
  }
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let browser: ScriptedBrowser;

  beforeEach(async () => {
    shop = await startApp(adapter, {
      controllers: [ShopController, AccountController],
      options: { rolling: true, expireTime: 30 * MINUTE },
    });
    browser = new ScriptedBrowser(shop.port);
    await browser.load('POST /login', { name: 'ann' });
    shop.clock.advance(10 * MINUTE);
  });
  afterEach(() => shop.close());

  const expectLoggedInAs = async (name: string) => {
    expect(await browser.load('GET /me')).toMatchObject({
      status: 200,
      body: `{"name":"${name}"}`,
    });
  };

  describe('a login is not undone by a response that was sent before it and comes after it', () => {
    it('a late 401 of an expired session does not undo a login', async () => {
      shop.clock.advance(30 * MINUTE);
      const late = await browser.send('GET /me');
      await browser.load('POST /login', { name: 'bob' });
      browser.receive(late);
      expect(late.status).toBe(401);
      await expectLoggedInAs('bob');
    });

    it('a late 401 of a removed session does not undo a login', async () => {
      await shop.manager.removeUserSessions('ann');
      const late = await browser.send('POST /basket', { product: 'tea' });
      await browser.load('POST /login', { name: 'bob' });
      browser.receive(late);
      expect(late.status).toBe(401);
      await expectLoggedInAs('bob');
    });

    it.each(['GET /me', 'POST /renew', 'POST /basket'])(
      'a late renewal does not undo a login: by %s',
      async (target) => {
        const { id, renewedAt } = (await shop.manager.listSessions('ann'))[0]!;
        const late = await browser.send(
          target,
          target.startsWith('POST') ? { product: 'tea' } : undefined,
        );
        const [renewed] = await shop.manager.listSessions('ann');
        expect(renewed!.renewedAt.getTime()).toBeGreaterThan(renewedAt.getTime());
        await browser.load('POST /login', { name: 'bob' });
        browser.receive(late);
        await expectLoggedInAs('bob');
        expect(browser.cookies).not.toContain(id);
      },
    );

    it('a late 503 of a database outage does not undo a login', async () => {
      await takeAway(shop.connection);
      const late = await browser.send('GET /me');
      await bringBack(shop.connection);
      await browser.load('POST /login', { name: 'bob' });
      browser.receive(late);
      expect(late.status).toBe(503);
      await expectLoggedInAs('bob');
    });
  });

  it('a late response to the old token does not undo a new token', async () => {
    const late = await browser.send('GET /me');
    await browser.load('POST /promote');
    const { cookies } = browser;
    browser.receive(late);
    expect(browser.cookies).toBe(cookies);
    await expectLoggedInAs('ann');
  });

  it('a late response does not undo a logout', async () => {
    const late = await browser.send('POST /basket', { product: 'tea' });
    await browser.load('POST /logout');
    browser.receive(late);
    expect(browser.cookies).toBe('');
    expect(await browser.load('GET /me')).toMatchObject({ status: 401 });
  });
});
