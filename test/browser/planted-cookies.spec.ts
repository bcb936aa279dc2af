import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { launchChromium } from './support/chromium.js';
import { certificateFor, startTlsFront, type TlsFront } from './support/tls-front.js';

/** The attributes with which a sibling sends its cookie to the shop too, over https. */
const FOR_ALL_HOSTS = '; Domain=app.test; Path=/; Secure';

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

describe('https://shop.app.test with cookies that https://sibling.app.test plants', () => {
  let browser: Browser;
  let shop: TestApp<ShopSession>;
  let sibling: Server;
  let fronts: { shop: TlsFront; sibling: TlsFront };
  let device: BrowserContext;
  /** The cookies that the next page of the sibling sets. */
  let planted: string[] = [];
  /** The Cookie header of the last request to the shop. */
  let received: string | undefined;

  beforeAll(async () => {
    const args = ['--host-resolver-rules=MAP *.app.test 127.0.0.1'];
    browser = await launchChromium({ args });
    const certificate = certificateFor('app.test');
    shop = await startApp<ShopSession>(ADAPTERS[0]!, {
      controllers: [ShopController],
      configure: (app) =>
        void app.use((request: IncomingMessage, _: unknown, next: () => void) => {
          received = request.headers.cookie;
          next();
        }),
    });
    sibling = createServer((_request, response) => {
      response.writeHead(200, { 'set-cookie': planted, 'content-type': 'text/html' });
      response.end('<!doctype html><link rel="icon" href="data:," /><title>Sibling</title>');
    });
    fronts = {
      shop: await startTlsFront(certificate, shop.port),
      sibling: await startTlsFront(certificate, await listen(sibling)),
    };
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([fronts.shop.close(), fronts.sibling.close(), shop.close()]);
    await new Promise((resolve) => sibling.close(resolve));
  });
  beforeEach(async () => {
    device = await browser.newContext({ ignoreHTTPSErrors: true });
  });
  afterEach(() => device.close());

  const createSession = (userId: string) => shop.manager.createSession({ userId, basket: [] });
  const open = async (url: string) => {
    const page = await device.newPage();
    await page.goto(url);
    return page;
  };
  const visitShop = () => open(`https://shop.app.test:${fronts.shop.port}/open`);
  const plant = (cookies: string[]) => {
    planted = cookies.map((cookie) => cookie + FOR_ALL_HOSTS);
    return open(`https://sibling.app.test:${fronts.sibling.port}/`);
  };
  const get = (page: Page, path: string) =>
    page.evaluate(`fetch('${path}').then((response) => response.status)`);
  const post = (page: Page, path: string, body = {}) =>
    page.evaluate(`fetch('${path}', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '${JSON.stringify(body)}',
    }).then((response) => response.status)`);

  /** Cookies with other names for a browser, but with ours for a parser that treats byte A0 as white space. */
  const plantFour = async () => {
    const tokens = await Promise.all(Array.from({ length: 4 }, () => createSession('eve')));
    await plant(tokens.map((token, index) => `${'\u00a0'.repeat(index + 1)}__Host-id=${token}`));
    return tokens;
  };

  it('a visitor gets no session that a sibling host planted', async () => {
    await plant([`\u00a0__Host-id=${await createSession('eve')}`]);
    const page = await visitShop();
    expect(await get(page, '/me')).toBe(401);
    expect(received).toMatch(/^\u00a0__Host-id=/);
  });

  it('a login works beside four planted cookies', async () => {
    await plantFour();
    const page = await visitShop();
    expect(await post(page, '/login', { name: 'ada' })).toBe(200);
    expect(await get(page, '/me')).toBe(200);
    expect(received?.split('; ')).toHaveLength(5);
  });

  it('a logout beside four planted cookies ends only the session of the visitor', async () => {
    const tokens = await plantFour();
    const page = await visitShop();
    await post(page, '/login', { name: 'ada' });
    const ours = (await device.cookies()).find(({ domain }) => domain === 'shop.app.test')!.value;
    expect(await post(page, '/logout')).toBe(200);
    expect(received?.split('; ')).toHaveLength(5);
    await expect(shop.manager.retrieveSession(ours)).rejects.toThrow('no session');
    for (const token of tokens) {
      await expect(shop.manager.retrieveSession(token)).resolves.toMatchObject({ userId: 'eve' });
    }
  });

  it('the browser stores no cookie of other hosts that could be mistaken for the session cookie', async () => {
    const token = await createSession('eve');
    const sent = ['', ' ', '\t', ' \t '].flatMap((space) => [
      `${space}__Host-id=${token}`,
      `${space}__Host-id${space}=${token}`,
      `=${space}__Host-id=${token}`,
    ]);
    const theirs = await plant([...sent, 'theme=dark']);
    for (const name of [' __Host-id', '\t__Host-id', '']) {
      const value = name === '' ? `__Host-id=${token}` : token;
      await theirs.evaluate(`(async () => {
        document.cookie = ${JSON.stringify(`${name}=${value}${FOR_ALL_HOSTS}`)};
        const { name, value } = ${JSON.stringify({ name, value })};
        await cookieStore.set({ name, value, domain: 'app.test' }).catch(() => {});
      })()`);
    }
    const page = await visitShop();
    expect(await get(page, '/me')).toBe(401);
    expect(received).toBe('theme=dark');
  });
});
