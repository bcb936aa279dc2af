import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { eventually } from '../support/promises/eventually.js';
import { boundCookieOf, launchBindingChromium } from './support/binding-chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

/** `deviceBound.within` in milliseconds; the default needs more signatures than the browser makes. */
const WITHIN = Number(process.env['DEVICE_WITHIN'] ?? 1000);
/** For how many minutes requests are counted; by default none are. */
const MINUTES = Number(process.env['DEVICE_MINUTES'] ?? 0);
/** After this time no request counts any more that was on its way when the session was bound. */
const SETTLED = 20_000;

interface Received {
  readonly at: number;
  readonly status: number;
  /** Why the browser did not refresh the bound cookie, as it says. */
  readonly skipped: unknown;
}

describe('Chromium with its quota of signatures', () => {
  let browser: Browser;
  let shop: TestApp<ShopSession>;
  let front: TlsFront;
  let context: BrowserContext;
  let page: Page;
  let received: Received[] = [];
  /** By how much the clock of the shop is ahead of that of the browser. */
  let ahead = 0;

  const record = (
    { url, headers }: IncomingMessage,
    response: ServerResponse,
    next: () => void,
  ) => {
    response.on('finish', () => {
      if (url === '/me') {
        const skipped = headers['secure-session-skipped'];
        received.push({ at: Date.now(), status: response.statusCode, skipped });
      }
    });
    next();
  };

  beforeAll(async () => {
    const certificate = certificateFor('app.test');
    browser = await launchBindingChromium(certificate, { hasQuota: true });
    shop = await startApp<ShopSession>(ADAPTERS[0]!, {
      controllers: [ShopController],
      options: { deviceBound: { within: WITHIN }, clock: { now: () => Date.now() + ahead } },
      configure: (app) => void app.use(record),
    });
    front = await startTlsFront(certificate, shop.port);
    context = await browser.newContext();
    page = await context.newPage();
    await page.goto(`https://shop.app.test:${front.port}/open`);
    await logIn();
    await eventually(async () => expect(await boundCookieOf(context)).toBeDefined());
    ahead = SETTLED;
    await eventually(async () => expect(await me()).toBe(200));
    received = [];
  });
  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await shop?.close();
  });

  const logIn = () =>
    page.evaluate(`fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"ada"}',
    })`);
  const me = () =>
    page.evaluate<number>(`new Promise((responded) => setTimeout(responded, 200))
      .then(() => fetch('/me', { cache: 'no-store' })).then(({ status }) => status)`);
  const refused = () => received.filter(({ status }) => status !== 200);

  (MINUTES ? it.skip : it)(
    'a request without a signature left says so and is refused, and a new login helps',
    async () => {
      await eventually(async () => expect(await me()).toBe(401), 60_000);
      for (const { status, skipped } of refused()) {
        expect(status).toBe(401);
        expect(skipped).toMatch(/^quota_exceeded;/);
      }
      await logIn();
      expect(await me()).toBe(200);
    },
  );

  (MINUTES ? it : it.skip)(
    'requests that are refused are counted',
    async () => {
      const start = Date.now();
      while (Date.now() < start + MINUTES * 60_000) {
        await me();
      }
      const seconds = ({ at }: Received) => Math.round((at - start) / 1000);
      const changes = received.filter((each, index) => each.status !== received[index - 1]?.status);
      const said = refused().filter(({ skipped }) => String(skipped).startsWith('quota_exceeded;'));
      console.info(
        `${received.length} requests, ${refused().length} refused, ${said.length} of them with quota_exceeded. ` +
          changes.map((each) => `${each.status} from ${seconds(each)} s`).join(', '),
      );
    },
    (MINUTES + 1) * 60_000,
  );
});
