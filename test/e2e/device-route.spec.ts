import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { CurrentSession, SessionGuard, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { challengeIn, DeviceBrowser } from '../support/http/device-browser.js';

const WITHIN = 600_000;
/** After this time no request counts that was on its way when the session was bound. */
const SETTLED = 10_001;
const LATER = new Date('2027-01-01');
const OVER = { status: 200, body: { continue: false } };

@Controller()
class RotationController {
  @Post('rotate')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async rotate(@CurrentSession() session: CurrentSession) {
    await session.regenerate({ grace: 5000 });
  }
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let browser: DeviceBrowser;

  const start = async (options: SessionsModuleOptions<ShopSession> = {}) => {
    shop = await startApp<ShopSession>(adapter, {
      controllers: [ShopController, RotationController],
      options: { deviceBound: { within: WITHIN }, ...options },
    });
    browser = new DeviceBrowser(shop);
  };
  const bind = async (who = browser) => {
    await who.login();
    expect(await who.register()).toMatchObject({ status: 200 });
    shop.clock.advance(SETTLED);
  };
  const me = (who: DeviceBrowser) => who.send('GET', '/me');
  /** Runs `work` without the cookies of a browser, as it withholds Lax cookies if a page of another site is the cause. */
  const withoutCookies = async <Result>(who: DeviceBrowser, work: () => Promise<Result>) => {
    const kept = [...who.cookies];
    who.cookies.clear();
    const result = await work();
    kept
      .filter(([name]) => !who.cookies.has(name))
      .forEach(([name, value]) => {
        who.cookies.set(name, value);
      });
    return result;
  };

  afterEach(() => shop?.close());

  describe('requests without cookies, as a page of another site causes them', () => {
    it('bind the session of a login', async () => {
      await start();
      await browser.login();
      expect(await withoutCookies(browser, () => browser.register())).toMatchObject({
        status: 200,
      });
      shop.clock.advance(SETTLED);
      expect(await me(browser)).toMatchObject({ status: 200 });
    });

    it('get a new bound cookie', async () => {
      await start();
      await bind();
      const { id } = browser;
      browser.cookies.delete('__Host-id.d');
      expect(await withoutCookies(browser, () => browser.refresh({}, id))).toMatchObject({
        status: 200,
      });
      expect(await me(browser)).toMatchObject({ status: 200 });
    });

    it('open nothing', async () => {
      await start();
      await bind();
      const bound = browser.cookies.get('__Host-id.d')!;
      const thief = new DeviceBrowser(shop);
      thief.cookies.set('__Host-id.d', bound);
      expect(await me(thief)).toMatchObject({ status: 401, body: { code: 'SESSION_MISSING' } });
    });

    it.each(['00000000-0000-7000-8000-000000000000', 'nothing', '"', ''])(
      'get no challenge for the session %j',
      async (id) => {
        await start();
        const thief = new DeviceBrowser(shop);
        expect(await thief.askForChallenge(id)).toMatchObject(OVER);
      },
    );
  });

  it.each<SessionsModuleOptions<ShopSession>>([
    { expireTime: 60_000 },
    { expireTime: 60_000, absoluteTimeout: 60_000, rolling: true, renewTimestamp: 60_000 },
    { expireTime: 120_000, renewTimestamp: 60_000, rolling: true },
  ])('a session that has expired by %j is not refreshed', async (options) => {
    await start(options);
    await bind();
    shop.clock.advance(60_000 - SETTLED - 1);
    expect(await browser.askForChallenge()).toMatchObject({ status: 403 });
    shop.clock.advance(1);
    expect(await browser.askForChallenge()).toMatchObject(OVER);
  });

  it('a session that another cookie of the browser has replaced is not refreshed', async () => {
    await start();
    await bind();
    const { id } = browser;
    const other = new DeviceBrowser(shop);
    await other.login('eve');
    browser.cookies.set('__Host-id', other.cookies.get('__Host-id')!);
    expect(await browser.askForChallenge(id)).toMatchObject(OVER);
  });

  it('a previous cookie beside the current one can not be bound', async () => {
    await start({ cookie: { previous: [{ name: 'sid', until: LATER }] } });
    const planted = new DeviceBrowser(shop);
    await planted.login('eve');
    await bind();
    const bound = browser.cookies.get('__Host-id.d');
    browser.cookies.set('sid', planted.cookies.get('__Host-id')!);
    browser.registration = planted.registration;
    expect(await browser.register()).toMatchObject({ status: 400 });
    expect(browser.cookies.get('__Host-id.d')).toBe(bound);
  });

  it.each(['api', '/api/', 'api/v1', 'café', '店', ':tenant'])(
    'the route is found below the global prefix %s, if other routes are',
    async (prefix) => {
      shop = await startApp<ShopSession>(adapter, {
        controllers: [ShopController],
        options: { deviceBound: { within: WITHIN } },
        configure: (app) => void app.setGlobalPrefix(prefix),
      });
      browser = new DeviceBrowser(shop);
      const base = `/${prefix.replaceAll(/^\/|\/$/g, '')}`;
      // Express decodes no paths.
      if ((await fetch(`http://127.0.0.1:${shop.port}${encodeURI(base)}/open`)).status === 404) {
        expect([adapter.framework, /^[ -~]*$/.test(prefix)]).toEqual(['express', false]);
        return;
      }
      await browser.login('ada', encodeURI(base));
      const { path } = browser.registration!;
      expect(path).toBe(`${encodeURI(base)}/session-device`);
      const { status, body } = await browser.register();
      expect([status, body.refresh_url]).toEqual([200, path]);
    },
  );

  it('a new name of the cookie ends no binding', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'devices-'));
    const storagePath = join(folder, 'sessions.sqlite');
    try {
      await start({ storagePath });
      await bind();
      const { id } = browser;
      await shop.close();
      shop = await startApp<ShopSession>(adapter, {
        controllers: [ShopController],
        options: {
          deviceBound: { within: WITHIN },
          storagePath,
          cookie: { name: '__Secure-new', previous: [{ name: '__Host-id', until: LATER }] },
        },
      });
      shop.clock.advance(SETTLED);
      browser.moveTo(shop);
      expect(await me(browser)).toMatchObject({ status: 200 });
      browser.cookies.delete('__Host-id.d');
      expect(await browser.refresh({}, id)).toMatchObject({
        status: 200,
        body: { credentials: [{ name: '__Secure-new.d' }] },
      });
      expect(await me(browser)).toMatchObject({ status: 200 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(['__Secure-shop', '__Host-shop', '__Http-shop', 'shop'])(
    'the bound cookie of %s has its name and its protection',
    async (name) => {
      await start({ cookie: { name } });
      const { headers } = await browser.login();
      expect(headers.getSetCookie()[0]).toContain(`${name}=`);
      expect((await browser.register()).headers.getSetCookie()).toEqual([
        expect.stringMatching(
          new RegExp(
            `^${name}\\.d=[^;]+; Max-Age=600; Path=/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$`,
          ),
        ),
      ]);
    },
  );

  it('a bound cookie that proves nothing is cleared, so that the browser gets another one', async () => {
    await start();
    await bind();
    const other = new DeviceBrowser(shop);
    await bind(other);
    browser.cookies.set('__Host-id.d', other.cookies.get('__Host-id.d')!);
    const { status, headers } = await me(browser);
    expect(status).toBe(401);
    expect(headers.getSetCookie()).toEqual([
      '__Host-id.d=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    ]);
    expect(browser.cookies.has('__Host-id.d')).toBe(false);
    await browser.refresh();
    expect(await me(browser)).toMatchObject({ status: 200 });
  });

  it('Secure-Session-Skipped is not believed', async () => {
    await start();
    await bind();
    browser.cookies.delete('__Host-id.d');
    const skipped = `quota_exceeded;session_identifier="${browser.id}"`;
    const headers = { 'secure-session-skipped': skipped };
    expect(await browser.send('GET', '/me', headers)).toMatchObject({
      status: 401,
      body: { code: 'SESSION_DEVICE' },
    });
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])(
    'the route does not answer %s',
    async (method) => {
      await start();
      await bind();
      const headers = { 'sec-secure-session-id': `"${browser.id}"` };
      const response = await fetch(`http://127.0.0.1:${shop.port}/session-device`, {
        method,
        headers: { ...headers, cookie: `__Host-id=${browser.cookies.get('__Host-id')}` },
      });
      await response.text();
      expect(response.status).toBe(404);
      expect(response.headers.get('secure-session-challenge')).toBeNull();
    },
  );

  describe('at the same time', () => {
    it('two registrations by one browser both succeed', async () => {
      await start();
      await browser.login();
      const responses = await Promise.all([browser.register(), browser.register()]);
      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    });

    it('of registrations with several keys exactly one succeeds, and its browser goes on', async () => {
      await start();
      await browser.login();
      const others = Array.from({ length: 4 }, () => browser.copy());
      others.forEach((each) => (each.registration = browser.registration));
      const all = [browser, ...others];
      const responses = await Promise.all(all.map((each) => each.register()));
      expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(responses.filter(({ status }) => status === 400)).toHaveLength(4);
      shop.clock.advance(SETTLED);
      for (const [at, each] of all.entries()) {
        expect((await me(each)).status).toBe(responses[at]!.status === 200 ? 200 : 401);
      }
    });

    it('a registration and a rotation both succeed', async () => {
      await start();
      await browser.login();
      const [registered, rotated] = await Promise.all([
        browser.register(),
        browser.send('POST', '/rotate'),
      ]);
      expect([registered.status, rotated.status]).toEqual([200, 200]);
      shop.clock.advance(SETTLED);
      expect(await me(browser)).toMatchObject({ status: 200 });
      shop.clock.advance(WITHIN);
      await browser.refresh();
      expect(await me(browser)).toMatchObject({ status: 200 });
    });

    it('a registration beside the logout binds nothing that lives on', async () => {
      await start();
      await browser.login();
      const stolen = browser.copy();
      const [registered] = await Promise.all([browser.register(), browser.send('POST', '/logout')]);
      expect([200, 400]).toContain(registered.status);
      expect(await me(stolen)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
    });

    it('a proof that arrives after the logout gets no cookie', async () => {
      await start();
      await bind();
      const { id } = browser;
      const challenge = challengeIn(await browser.askForChallenge());
      await browser.send('POST', '/logout');
      const { body, headers } = await browser.refresh({ challenge }, id);
      expect(body).toEqual({ continue: false });
      expect(headers.getSetCookie()).toEqual([]);
    });

    it('a session that the limit evicts is not bound', async () => {
      await start({ maxSessionsPerUser: 1 });
      await browser.login();
      const next = new DeviceBrowser(shop);
      shop.clock.advance(1);
      await next.login();
      expect(await browser.register()).toMatchObject({ status: 400 });
      expect(await next.register()).toMatchObject({ status: 200 });
    });

    it('a storm of refreshes gets good cookies, and only reads', async () => {
      await start();
      await bind();
      let cookies: (string | undefined)[] = [];
      const statements = await shop.statementsOf(async () => {
        const responses = await Promise.all(Array.from({ length: 100 }, () => browser.refresh()));
        expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
        cookies = responses.map(({ headers }) => headers.getSetCookie()[0]!.split(';')[0]);
      });
      expect(new Set(cookies).size).toBe(1);
      expect(statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([]);
      expect(await me(browser)).toMatchObject({ status: 200 });
    });
  });
});
