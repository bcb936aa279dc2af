import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { add, basketOf, cookieOf, signedIn, withShop } from './support/shop.js';

/** Ways in which a page can send a POST without permission of the shop. */
const WAYS = {
  'a form': (url: string) => `
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: '${url}' });
    form.innerHTML = '<input name="name" value="Mallory"><input name="id" value="6">';
    document.body.append(form);
    form.submit();`,
  fetch: (url: string) => `
    void fetch('${url}', {
      method: 'POST',
      mode: 'no-cors',
      credentials: 'include',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'name=Mallory&id=6',
    });`,
};

/** What the browser says about a page at a host, and whether it sends the shop's cookie (SameSite compares only hosts). */
const PAGES = [
  { host: 'localhost', site: 'same-site', sendsCookie: true },
  { host: '127.0.0.1', site: 'cross-site', sendsCookie: false },
];

const CASES = PAGES.flatMap((page) => [
  { ...page, way: 'a form' as const },
  { ...page, way: 'fetch' as const },
]);

/** Guarded routes and others: a visitor without a session must not get one either. */
const PATHS = ['/basket', '/login', '/logout', '/session'];

describe('a page of another origin', () => {
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><link rel="icon" href="data:," /><title>Not the shop</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const open = async (device: BrowserContext, host: string): Promise<Page> => {
    const page = await device.newPage();
    await page.goto(`http://${host}:${port}/`);
    return page;
  };
  withShop((shop) => {
    it.each(CASES)('a page at $host that posts by $way gets a 403', async (each) => {
      const { host, site, sendsCookie, way } = each;
      const device = await shop().device();
      const customer = await signedIn(shop(), 'Ann', device);
      await add(customer, 'Apples, 1 kg');
      const cookie = await cookieOf(device);

      for (const path of PATHS) {
        const page = await open(device, host);
        const answered = page.waitForResponse(shop().url + path);
        await page.evaluate(WAYS[way](shop().url + path));
        expect((await answered).status()).toBe(403);
        if (way === 'a form') {
          await page.getByText('"code":"SESSION_CROSS_ORIGIN"').waitFor();
        }
        const headers = shop().headersOf('POST', path);
        expect(headers?.['sec-fetch-site']).toBe(site);
        expect(headers?.cookie?.includes('__Host-id=') ?? false).toBe(sendsCookie);
        expect(await cookieOf(device)).toEqual(cookie);
      }

      await customer.reload();
      await customer.getByText('Signed in as Ann').waitFor();
      expect(await basketOf(customer, 1)).toEqual(['Apples, 1 kg × 1']);
      const refused = PATHS.map((path) => `403 POST ${path}`);
      expect(shop().troubles.take()).toEqual(expect.arrayContaining(refused));
    });

    it.each(PAGES)(
      'a page at $host can not read the basket or send JSON to it',
      async ({ host }) => {
        const device = await shop().device();
        const customer = await signedIn(shop(), 'Ann', device);
        await add(customer, 'Apples, 1 kg');
        const page = await open(device, host);
        const outcome = (options: string) =>
          page.evaluate(
            `fetch('${shop().url}/basket', ${options}).then(() => 'answered', () => 'refused')`,
          );
        expect(await outcome("{ credentials: 'include' }")).toBe('refused');
        expect(
          await outcome(`{
          method: 'POST',
          credentials: 'include',
          headers: { 'content-type': 'application/json' },
          body: '{"id":6,"amount":1}',
        }`),
        ).toBe('refused');

        await customer.reload();
        expect(await basketOf(customer, 1)).toEqual(['Apples, 1 kg × 1']);
        expect(shop().troubles.take()).toContainEqual(expect.stringMatching(/CORS policy/));
      },
    );
  });
});
