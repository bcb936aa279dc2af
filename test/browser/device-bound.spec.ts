import { createHash, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { eventually } from '../support/promises/eventually.js';
import { launchChromium } from './support/chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

const WITHIN = 5000;
/** After the end of its bound cookie a copy can live for the slack of the clocks. */
const SLACK = 5000;
/** For so long a session opens without the bound cookie after its binding. */
const ON_THEIR_WAY = 10_000;
/** How long ten browsers may take on a busy machine. */
const LONGEST = 120_000;
/** Copies that are tried; `DEVICE_COPIES=100` for all. */
const COPIES = Number(process.env['DEVICE_COPIES'] ?? 10);
/** Browsers that run at a time. */
const AT_A_TIME = 10;

/** Features that Debian's Chromium has without a TPM and an origin trial. */
const FEATURES = [
  'DeviceBoundSessions:RequireOriginTrialTokens/false/RefreshQuota/false',
  'EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
].join(',');

describe('device-bound sessions in Chromium over https', () => {
  let browser: Browser;
  let shop: TestApp<ShopSession>;
  let front: TlsFront;

  beforeAll(async () => {
    const certificate = certificateFor('app.test');
    const { publicKey } = new X509Certificate(
      certificate.slice(certificate.indexOf('-----BEGIN CERT')),
    );
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    browser = await launchChromium({
      args: [
        '--host-resolver-rules=MAP *.app.test 127.0.0.1',
        `--enable-features=${FEATURES}`,
        `--ignore-certificate-errors-spki-list=${createHash('sha256').update(spki).digest('base64')}`,
      ],
    });
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
  const cookieOf = async (context: BrowserContext, name: string) =>
    (await context.cookies()).find((cookie) => cookie.name === name);

  const boundCookie = (context: BrowserContext) =>
    eventually(async () => {
      const cookie = await cookieOf(context, '__Host-id.d');
      expect(cookie).toBeDefined();
      return cookie!;
    });
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
    `of ${COPIES} copies all die in time, and no request of the browsers fails`,
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
        let diedAfter = 0;
        await eventually(async () => {
          const status = await get(page, '/me');
          failures.push(...(status === 200 ? [] : [status]));
          if (!stolen && Date.now() >= stealAt) {
            const all = await context.cookies();
            const cookies = all.map(({ name, value }) => `${name}=${value}`).join('; ');
            stolen = { cookies, at: Date.now() };
          }
          const sentAt = Date.now();
          const isOpen = stolen && (await statusWith(stolen.cookies)) === 200;
          diedAfter = isOpen ? sentAt - stolen!.at : diedAfter;
          expect(isOpen).toBe(false);
        }, LONGEST);
        await context.close();
        return { diedAfter, failures };
      };
      for (let done = 0; done < COPIES; done += AT_A_TIME) {
        const thefts = await Promise.all(
          Array.from({ length: Math.min(AT_A_TIME, COPIES - done) }, stealOnce),
        );
        expect(thefts.flatMap(({ failures }) => failures)).toEqual([]);
        expect(thefts.filter(({ diedAfter }) => diedAfter > WITHIN + SLACK)).toEqual([]);
      }
    },
    COPIES * LONGEST,
  );
});
