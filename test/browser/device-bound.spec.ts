import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { eventually } from '../support/promises/eventually.js';
import { boundCookieOf, launchBindingChromium } from './support/binding-chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

const WITHIN = 5000;
/** A copy still opens the session for so long after the end of its bound cookie: the slack of the clocks. */
const SLACK = 5000;
/** A request that is on its way for longer, on a busy machine, can arrive after the end of the cookie that it carries. */
const ON_TIME = SLACK / 2;
/** A session opens without the bound cookie for so long after its binding. */
const ON_THEIR_WAY = 10_000;
/** How long the copies of browsers that run at the same time may take on a busy machine. */
const LONGEST = 120_000;
/** Copies that are tried; `DEVICE_COPIES=100` for all. */
const COPIES = Number(process.env['DEVICE_COPIES'] ?? 10);
/** Browsers that run at a time. */
const AT_A_TIME = 5;

describe('device-bound sessions in Chromium over https', () => {
  let browser: Browser;
  let shop: TestApp<ShopSession>;
  let front: TlsFront;

  beforeAll(async () => {
    const certificate = certificateFor('app.test');
    browser = await launchBindingChromium(certificate);
    shop = await startApp<ShopSession>(ADAPTERS[0]!, {
      controllers: [ShopController],
      options: { deviceBound: { within: WITHIN }, clock: { now: () => Date.now() } },
    });
    front = await startTlsFront(certificate, shop.port);
  });
  afterAll(async () => {
    await browser?.close();
    await front?.close();
    await shop?.close();
  });

  const get = (page: Page, path: string) =>
    page.evaluate<number>(`fetch('${path}').then((response) => response.status)`);
  const logIn = async (context: BrowserContext) => {
    const page = await context.newPage();
    await page.goto(`https://shop.app.test:${front.port}/open`);
    await page.evaluate(`fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"ada"}',
    })`);
    return page;
  };
  const boundCookie = (context: BrowserContext) =>
    eventually(async () => {
      const cookie = await boundCookieOf(context);
      expect(cookie).toBeDefined();
      return cookie!;
    }, LONGEST);
  /** Returns the status of a request with these cookies, as a thief sends it from another computer. */
  const statusWith = async (cookie: string) =>
    (await fetch(`http://127.0.0.1:${shop.port}/me`, { headers: { cookie } })).status;

  it('the browser goes on, and a copy of its cookies does not', async () => {
    const context = await browser.newContext();
    const page = await logIn(context);
    const before = await boundCookie(context);
    const stolen = (await context.cookies())
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    expect(await statusWith(stolen)).toBe(200);
    expect(await get(page, '/me')).toBe(200);
    await eventually(async () => {
      expect(await get(page, '/me')).toBe(200);
      expect((await boundCookie(context)).value).not.toBe(before.value);
    });
    await context.close();
  });

  it(
    `${COPIES} copies all become useless in time, and the browsers go on`,
    async () => {
      const stealOnce = async () => {
        const context = await browser.newContext();
        const page = await logIn(context);
        await boundCookie(context);
        // Requests from before the binding pass for some seconds, whatever cookie they have.
        const boundUntil = Date.now() + ON_THEIR_WAY;
        const stealAt = boundUntil + Math.random() * WITHIN;
        let stolen: { readonly cookies: string; readonly at: number } | undefined;
        const failures: number[] = [];
        /** When the copy last opened the session, in milliseconds after the theft. */
        let openedAfter = -Infinity;
        await eventually(async () => {
          const startedAt = performance.now();
          const status = await get(page, '/me');
          const isOnTime = performance.now() - startedAt < ON_TIME;
          failures.push(...(status === 200 || !isOnTime ? [] : [status]));
          if (!stolen && Date.now() >= stealAt) {
            const all = await context.cookies();
            const cookies = all.map(({ name, value }) => `${name}=${value}`).join('; ');
            stolen = cookies.includes('__Host-id.d=') ? { cookies, at: Date.now() } : undefined;
          }
          const sentAt = Date.now();
          const isOpen = stolen && (await statusWith(stolen.cookies)) === 200;
          openedAfter = isOpen ? sentAt - stolen!.at : openedAfter;
          expect(isOpen).toBe(false);
        }, LONGEST);
        await eventually(async () => expect(await get(page, '/me')).toBe(200));
        await context.close();
        return { openedAfter, failures };
      };
      for (let done = 0; done < COPIES; done += AT_A_TIME) {
        const thefts = await Promise.all(
          Array.from({ length: Math.min(AT_A_TIME, COPIES - done) }, stealOnce),
        );
        expect(thefts.flatMap(({ failures }) => failures)).toEqual([]);
        // A copy that never opened the session would prove nothing.
        const inTime = (after: number) => after >= 0 && after <= WITHIN + SLACK;
        expect(thefts.filter(({ openedAfter }) => !inTime(openedAfter))).toEqual([]);
      }
    },
    2 * LONGEST * Math.ceil(COPIES / AT_A_TIME),
  );
});
