import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { CurrentSession } from 'nestjs-server-sessions';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { eventually } from '../support/promises/eventually.js';
import { boundCookieOf, launchBindingChromium } from './support/binding-chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

const WITHIN = 3000;
/** After this time no request counts any more that was on its way when the session was bound. */
const SETTLED = 20_000;

@Controller()
class CallbackController {
  /** Where a provider sends users back to, who are signed in there. */
  @Get('callback')
  async callback(@CurrentSession() session: CurrentSession<ShopSession>) {
    await session.start({ userId: 'ada', basket: [] });
    return {};
  }

  @Get('device')
  device(@CurrentSession() { device }: CurrentSession) {
    return { device };
  }
}

describe('requests that other pages cause, from Chromium with a bound session', () => {
  let browser: Browser;
  let shop: TestApp<ShopSession>;
  let front: TlsFront;
  let context: BrowserContext;
  let page: Page;
  /** By how much the clock of the shop is ahead of that of the browser. */
  let ahead = 0;

  beforeAll(async () => {
    const certificate = certificateFor('app.test');
    browser = await launchBindingChromium(certificate);
    shop = await startApp<ShopSession>(ADAPTERS[0]!, {
      controllers: [ShopController, CallbackController],
      options: { deviceBound: { within: WITHIN }, clock: { now: () => Date.now() + ahead } },
      configure: (app) => app.enableCors({ origin: true, credentials: true }),
    });
    front = await startTlsFront(certificate, shop.port);
  });
  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await shop?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(() => context.close());

  const at = (host: string, path: string) => `https://${host}:${front.port}${path}`;
  const isBound = () => eventually(async () => expect(await boundCookieOf(context)).toBeDefined());

  /** Logs in on a page of the shop itself, and leaves it until the bound cookie has ended. */
  const comeBackLater = async () => {
    await page.goto(at('shop.app.test', '/open'));
    await page.evaluate(`fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"ada"}',
    })`);
    await isBound();
    await page.goto('about:blank');
    await eventually(async () => expect(await boundCookieOf(context)).toBeUndefined());
    ahead += SETTLED;
  };
  /** Follows a link to the shop on a page of another host, and returns the status of the response. */
  const follow = async (host: string, path: string) => {
    await page.goto(at(host, '/open'));
    const response = page.waitForResponse(at('shop.app.test', path));
    await page.evaluate(`void (location.href = '${at('shop.app.test', path)}')`);
    // The response arrives before the browser leaves the page on which the link was.
    await page.waitForURL(at('shop.app.test', path));
    return (await response).status();
  };

  it('a link on another site opens the session after the bound cookie has ended', async () => {
    await comeBackLater();
    expect(await follow('mail.other.test', '/me')).toBe(200);
  });

  it('a page of another origin can send requests after the bound cookie has ended', async () => {
    await comeBackLater();
    await page.goto(at('pages.app.test', '/open'));
    const me = `fetch('${at('shop.app.test', '/me')}', { credentials: 'include' })`;
    expect(await page.evaluate(`${me}.then(({ status }) => status)`)).toBe(200);
  });

  it('a login that begins on another site binds the session', async () => {
    expect(await follow('idp.other.test', '/callback')).toBe(200);
    await isBound();
    expect(await page.evaluate(`fetch('/device').then((response) => response.json())`)).toEqual({
      device: 'bound',
    });
  });
});
