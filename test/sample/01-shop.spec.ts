import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SessionManager } from 'nestjs-server-sessions';
import { AppModule } from '../../sample/01-shop/src/app.module.js';

const ADAPTERS = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.entries(ADAPTERS))('the shop on %s', (_, adapter) => {
  let folder: string;
  let shop: INestApplication;
  let url: string;
  let cookie: string;

  const open = async () => {
    shop = await NestFactory.create(AppModule, adapter(), { logger: false });
    await shop.listen(0, '127.0.0.1');
    url = await shop.getUrl();
  };

  const call = async (method: string, path: string, body?: object, agent = 'curl/8.0') => {
    const response = await fetch(url + path, {
      method,
      headers: {
        cookie,
        'user-agent': agent,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const [changed] = response.headers.getSetCookie();
    cookie = changed?.split(';')[0] ?? cookie;
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    };
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'shop-'));
    process.env['STORAGE_PATH'] = join(folder, 'sessions.sqlite');
    cookie = '';
    await open();
  });

  afterEach(async () => {
    await shop.close();
    delete process.env['STORAGE_PATH'];
    rmSync(folder, { recursive: true });
  });

  it('the basket survives a restart, and the token is refused after the logout', async () => {
    expect(await call('GET', '/me')).toMatchObject({
      status: 401,
      body: { code: 'SESSION_MISSING' },
    });
    expect(await call('POST', '/login', { name: 'Ann' })).toMatchObject({ status: 204 });
    await call('POST', '/basket', { id: 1, amount: 2 });
    await call('POST', '/basket', { id: 6, amount: 1 });
    await call('POST', '/basket', { id: 1, amount: 3 });

    await shop.close();
    await open();

    expect(await call('GET', '/me')).toMatchObject({ status: 200, body: { name: 'Ann' } });
    expect(await call('GET', '/basket')).toMatchObject({
      status: 200,
      body: [
        { id: 1, amount: 5 },
        { id: 6, amount: 1 },
      ],
    });
    const token = cookie;
    expect(await call('POST', '/logout')).toMatchObject({ status: 204 });
    expect(cookie).toBe('__Host-id=');
    cookie = token;
    expect(await call('GET', '/basket')).toMatchObject({
      status: 401,
      body: { code: 'SESSION_ENDED', reason: 'logout' },
    });
  });

  it('products that two tabs add at the same moment are all kept', async () => {
    await call('POST', '/login', { name: 'Ann' });
    const products = Array.from({ length: 6 }, (_, index) => ({ id: index + 1, amount: 1 }));
    await Promise.all(products.map((product) => call('POST', '/basket', product)));
    const { body } = await call('GET', '/basket');
    expect(body).toHaveLength(6);
  });

  it.each([
    ['/login', { name: '' }, 'name must be longer than or equal to 1 characters'],
    ['/login', {}, 'name must be a string'],
    ['/basket', { id: 7, amount: 1 }, 'The shop does not sell that.'],
    ['/basket', { amount: 1 }, 'The shop does not sell that.'],
    ['/basket', { id: 1, amount: 'many' }, 'amount must be an integer number'],
  ])('a wrong body of POST %s %j gets a 400 that explains it', async (path, body, message) => {
    await call('POST', '/login', { name: 'Ann' });
    expect(await call('POST', path, body)).toMatchObject({
      status: 400,
      body: { message: [message] },
    });
  });

  it('the shop sells everything on its page, at most 99 of each', async () => {
    const page = new URL('../../sample/01-shop/public/catalogue.js', import.meta.url);
    const { CATALOGUE } = (await import(page.href)) as { CATALOGUE: { id: number }[] };
    await call('POST', '/login', { name: 'Ann' });
    for (const { id } of CATALOGUE) {
      await call('POST', '/basket', { id, amount: 50 });
      await call('POST', '/basket', { id, amount: 50 });
    }
    const { body } = await call('GET', '/basket');
    expect(body).toEqual(CATALOGUE.map(({ id }) => ({ id, amount: 99 })));
  });

  it('a product can be removed from the basket', async () => {
    await call('POST', '/login', { name: 'Ann' });
    await call('POST', '/basket', { id: 1, amount: 2 });
    await call('POST', '/basket', { id: 6, amount: 1 });
    expect(await call('DELETE', '/basket/1')).toMatchObject({
      status: 200,
      body: [{ id: 6, amount: 1 }],
    });
    expect(await call('DELETE', '/basket/bread')).toMatchObject({ status: 400 });
  });

  it('the page asks when the session ends without renewing it, and can renew it', async () => {
    expect((await call('GET', '/session')).body).toEqual({ code: 'SESSION_MISSING' });
    await call('POST', '/login', { name: 'Ann' });
    const sessions = shop.get(SessionManager);
    const token = cookie.slice(cookie.indexOf('=') + 1);
    const events: string[] = [];
    sessions.events$.subscribe(({ type }) => events.push(type));

    const { body } = await call('GET', '/session');
    expect(body).toEqual({
      id: token.split('.')[0],
      endsIn: expect.any(Number),
      renewIn: expect.any(Number),
    });
    const { expiresAt } = await sessions.inspectSession(token);
    expect(body.endsIn).toBeLessThanOrEqual(1_800_000);
    expect(Date.now() + body.endsIn).toBeGreaterThanOrEqual(expiresAt.getTime());
    expect(events).toEqual([]);

    expect(await call('POST', '/session')).toMatchObject({ status: 200 });
    expect(events).toEqual(['renewed']);
  });

  describe('the devices of a user', () => {
    const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

    /** Logs in on another device; this one keeps its own cookie. */
    const loginElsewhere = async (name: string, agent?: string) => {
      const here = cookie;
      cookie = '';
      await call('POST', '/login', { name }, agent);
      const there = cookie;
      cookie = here;
      return there;
    };
    const statusOf = async (token: string) => {
      const here = cookie;
      cookie = token;
      const { status } = await call('GET', '/me');
      cookie = here;
      return status;
    };

    beforeEach(async () => {
      await call('POST', '/login', { name: 'Ann' });
    });

    it('devices are listed by name, and one can be signed out', async () => {
      const phone = await loginElsewhere('Ann', FIREFOX);
      await loginElsewhere('Bea');
      const { body: devices } = await call('GET', '/devices');
      const known = {
        id: expect.any(String),
        place: 'This computer',
        lastSeen: expect.stringMatching(/^\d{4}-.*Z$/),
      };
      expect(devices).toEqual([
        { ...known, name: 'Firefox on Linux', current: false, bound: false },
        { ...known, name: 'curl', current: true, bound: false },
      ]);
      expect(await call('DELETE', `/devices/${devices[0].id}`)).toMatchObject({ status: 204 });
      expect(await statusOf(phone)).toBe(401);
      expect(await call('DELETE', `/devices/${devices[0].id}`)).toMatchObject({
        status: 404,
        body: { message: 'That device is signed out already.' },
      });
    });

    it('a device can not be signed out by another user', async () => {
      const hers = await loginElsewhere('Bea');
      const id = hers.slice(hers.indexOf('=') + 1, hers.indexOf('.'));
      expect(await call('DELETE', `/devices/${id}`)).toMatchObject({ status: 404 });
      expect(await statusOf(hers)).toBe(200);
    });

    it('all devices except the current one can be signed out', async () => {
      const [phone, laptop] = [await loginElsewhere('Ann'), await loginElsewhere('Ann')];
      const bea = await loginElsewhere('Bea');
      expect(await call('DELETE', '/devices')).toMatchObject({ status: 200, body: { ended: 2 } });
      expect([await statusOf(phone), await statusOf(laptop)]).toEqual([401, 401]);
      expect([await statusOf(cookie), await statusOf(bea)]).toEqual([200, 200]);
    });

    it.each(['/me', '/basket', '/devices', '/session'])(
      'the response to %s is not stored',
      async (path) => {
        const { headers } = await call('GET', path);
        expect(headers.get('cache-control')).toBe('no-store');
      },
    );
  });

  it.each([
    ['/', 'text/html; charset=utf-8', '<title>Corner Shop</title>'],
    ['/assets/shop.css', 'text/css; charset=utf-8', 'prefers-color-scheme'],
    ['/assets/shop.js', 'text/javascript; charset=utf-8', 'import'],
    ['/assets/browser-session.js', 'text/javascript; charset=utf-8', 'BrowserSession'],
    ['/assets/products.svg', 'image/svg+xml', '<symbol'],
  ])('the shop serves %s', async (path, type, content) => {
    const { status, headers, body } = await call('GET', path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(type);
    expect(body).toContain(content);
  });

  it('the page can load from and send to its own origin only', async () => {
    const { headers } = await call('GET', '/');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';/,
    );
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    'none.js',
    '..%2fsrc%2fmain.ts',
    '..%5csrc%5cmain.ts',
    '%2e%2e%2fsrc%2fmain.ts',
    '%2fetc%2fpasswd',
    'index.html%00.js',
    '__proto__',
  ])('the shop serves no other file: %s', async (name) => {
    expect((await call('GET', `/assets/${name}`)).status).toBeGreaterThanOrEqual(400);
  });
});
