import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, Sse, UseGuards, UseInterceptors } from '@nestjs/common';
import { concat, NEVER, of } from 'rxjs';
import { APP_GUARD } from '@nestjs/core';
import {
  CurrentSession,
  RequireBoundDevice,
  SessionGuard,
  SessionStreamInterceptor,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import {
  describeAdapters,
  startApp,
  startError,
  type TestApp,
  type TestAppOptions,
} from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';
import { challengeIn, DeviceBrowser, type DeviceResponse } from '../support/http/device-browser.js';

const WITHIN = 600_000;
/** After this time no request counts that was on its way when the session was bound. */
const SETTLED = 10_001;
/** Until this time after a proof its cookie is good: `within` and 5 seconds for clocks that differ. */
const END = WITHIN + 5000;

@Controller()
class DeviceController {
  @Get('device')
  device(@CurrentSession() { exists, device }: CurrentSession) {
    return { exists, device };
  }

  @Get('devices')
  @UseGuards(SessionGuard)
  async devices(@CurrentSession() session: CurrentSession) {
    return (await session.list()).map(({ device }) => device);
  }

  @Post('transfer')
  @HttpCode(200)
  @RequireBoundDevice()
  transfer() {
    return {};
  }

  @Sse('feed')
  @UseGuards(SessionGuard)
  @UseInterceptors(SessionStreamInterceptor)
  feed() {
    return concat(of({ data: 'open' }), NEVER);
  }

  @Post('rotate')
  @HttpCode(200)
  @UseGuards(SessionGuard)
  async rotate(@CurrentSession() session: CurrentSession) {
    await session.regenerate();
  }
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let browser: DeviceBrowser;

  const start = async (
    options: SessionsModuleOptions<ShopSession> = {},
    app: TestAppOptions<ShopSession> = {},
  ) => {
    shop = await startApp<ShopSession>(adapter, {
      controllers: [ShopController, DeviceController],
      options: { deviceBound: { within: WITHIN }, ...options },
      ...app,
    });
    browser = new DeviceBrowser(shop);
  };
  const bind = async () => {
    await browser.login();
    expect(await browser.register()).toMatchObject({ status: 200 });
    shop.clock.advance(SETTLED);
  };
  const me = (who: DeviceBrowser) => who.send('GET', '/me');
  const refused = expect.objectContaining({
    status: 401,
    body: expect.objectContaining({ code: 'SESSION_DEVICE' }),
  });
  const open = expect.objectContaining({ status: 200, body: { name: 'ada' } });

  afterEach(() => shop?.close());

  describe('with deviceBound', () => {
    beforeEach(() => start());

    it('a login asks the browser to bind its session', async () => {
      const { headers } = await browser.login();
      expect(headers.get('secure-session-registration')).toMatch(
        /^\(ES256\);path="\/session-device";challenge="[0-9a-f-]{36}\.[0-9a-z]+\.[\w-]{43}"$/,
      );
      expect((await me(browser)).headers.get('secure-session-registration')).toBeNull();
    });

    it('the browser gets a short-lived cookie for its key', async () => {
      await browser.login();
      const { body, headers } = await browser.register();
      expect(body).toEqual({
        session_identifier: browser.id,
        refresh_url: '/session-device',
        scope: { include_site: false },
        credentials: [
          {
            type: 'cookie',
            name: '__Host-id.d',
            attributes: 'Path=/; Secure; HttpOnly; SameSite=Lax',
          },
        ],
        allowed_refresh_initiators: ['*'],
      });
      expect(headers.getSetCookie()).toEqual([
        expect.stringMatching(
          /^__Host-id\.d=[\w.-]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
        ),
      ]);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    it('handlers, lists and the manager tell whether a session is bound', async () => {
      await browser.login();
      expect((await browser.send('GET', '/device')).body).toEqual({
        exists: true,
        device: 'unbound',
      });
      await browser.register();
      await shop.manager.createSession({ userId: 'ada', basket: [] });
      expect((await browser.send('GET', '/device')).body).toEqual({
        exists: true,
        device: 'bound',
      });
      expect((await browser.send('GET', '/devices')).body.sort()).toEqual(['bound', 'unbound']);
      const record = await shop.manager.inspectSession(browser.cookies.get('__Host-id')!);
      expect(record.device).toBe('bound');
    });

    it('a copy of all cookies is refused when the bound cookie has ended, and the browser goes on', async () => {
      await bind();
      const thief = browser.copy();
      expect(await me(thief)).toEqual(open);
      shop.clock.advance(END - SETTLED);
      expect(await me(thief)).toEqual(refused);
      expect(await browser.refresh()).toMatchObject({ status: 200 });
      expect(await me(browser)).toEqual(open);
      expect(await me(thief)).toEqual(refused);
      expect(await thief.refresh()).toMatchObject({ status: 400 });
      expect(await me(thief)).toEqual(refused);
    });

    it('a bound cookie is good to the last millisecond', async () => {
      await bind();
      shop.clock.advance(END - SETTLED - 1);
      expect(await me(browser)).toEqual(open);
      shop.clock.advance(1);
      expect(await me(browser)).toEqual(refused);
    });

    it('the token alone is refused, as cookie and as bearer', async () => {
      await bind();
      const token = browser.cookies.get('__Host-id')!;
      const thief = new DeviceBrowser(shop);
      expect(await thief.send('GET', '/me', { authorization: `Bearer ${token}` })).toEqual(refused);
      expect(await browser.send('GET', '/me', { authorization: `Bearer ${token}` })).toEqual(
        refused,
      );
      thief.cookies.set('__Host-id', token);
      expect(await me(thief)).toEqual(refused);
      expect((await thief.send('GET', '/device')).body).toEqual({ exists: false });
      expect(await thief.send('POST', '/basket', {}, { product: 'tea' })).toEqual(refused);
    });

    it('a refusal is an event, and needs no other statement than the lookup', async () => {
      await bind();
      const events: SessionEvent[] = [];
      shop.manager.events$.subscribe((event) => events.push(event));
      const statements = await shop.statementsOf(() => me(browser));
      browser.cookies.delete('__Host-id.d');
      expect(await shop.statementsOf(() => me(browser))).toHaveLength(statements.length);
      expect(statements).toHaveLength(1);
      expect(events).toMatchObject([{ type: 'rejected', reason: 'device' }]);
    });

    it('a refresh only reads', async () => {
      await bind();
      const statements = await shop.statementsOf(() => browser.refresh());
      expect(statements).toHaveLength(2);
      expect(statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([]);
    });

    it('requests that were on their way when the session was bound pass', async () => {
      await browser.login();
      const late = browser.copy();
      await browser.register();
      shop.clock.advance(SETTLED - 2);
      expect(await me(late)).toEqual(open);
      shop.clock.advance(2);
      expect(await me(late)).toEqual(refused);
    });

    it('@RequireBoundDevice() lets only proved browsers pass', async () => {
      const transfer = (who: DeviceBrowser) => who.send('POST', '/transfer');
      expect(await transfer(browser)).toMatchObject({
        status: 401,
        body: { code: 'SESSION_MISSING' },
      });
      await browser.login();
      expect(await transfer(browser)).toMatchObject({
        status: 403,
        body: { code: 'SESSION_UNBOUND' },
      });
      const late = browser.copy();
      await browser.register();
      expect(await transfer(browser)).toMatchObject({ status: 200 });
      expect(await transfer(late)).toMatchObject({
        status: 403,
        body: { code: 'SESSION_UNBOUND' },
      });
    });

    it('a rotation of the token keeps the binding', async () => {
      await bind();
      expect(await browser.send('POST', '/rotate')).toMatchObject({ status: 200 });
      expect(await me(browser)).toEqual(open);
      shop.clock.advance(END);
      expect(await me(browser)).toEqual(refused);
      expect(await browser.refresh()).toMatchObject({ status: 200 });
      expect(await me(browser)).toEqual(open);
    });

    it('a logout clears both cookies, and the next refresh ends the binding', async () => {
      await bind();
      const { id } = browser;
      await browser.send('POST', '/logout');
      expect([...browser.cookies]).toEqual([]);
      expect(await browser.askForChallenge(id)).toMatchObject({
        status: 200,
        body: { continue: false },
      });
    });

    it('the next login has a session of its own to bind', async () => {
      await bind();
      const { id } = browser;
      const bound = browser.cookies.get('__Host-id.d')!;
      await browser.login();
      expect(browser.cookies.has('__Host-id.d')).toBe(false);
      expect(await me(browser)).toEqual(open);
      expect((await browser.askForChallenge(id)).body).toEqual({ continue: false });
      await browser.register();
      shop.clock.advance(SETTLED);
      expect(await me(browser)).toEqual(open);
      browser.cookies.set('__Host-id.d', bound);
      expect(await me(browser)).toEqual(refused);
    });

    it('a logout with the token alone ends the bound session', async () => {
      await bind();
      const thief = browser.copy();
      thief.cookies.delete('__Host-id.d');
      await thief.send('POST', '/logout');
      expect(await me(browser)).toMatchObject({ status: 401, body: { code: 'SESSION_ENDED' } });
    });

    it('a browser without the feature has a session as before', async () => {
      await browser.login();
      shop.clock.advance(END);
      expect(await me(browser)).toEqual(open);
      const token = browser.cookies.get('__Host-id')!;
      const bearer = new DeviceBrowser(shop);
      expect(await bearer.send('GET', '/me', { authorization: `Bearer ${token}` })).toEqual(open);
    });

    describe('an attacker with all cookies of an unbound session', () => {
      let thief: DeviceBrowser;
      let offered: DeviceBrowser['registration'];

      beforeEach(async () => {
        await browser.login();
        offered = browser.registration;
        thief = browser.copy();
      });

      it('gets no challenge to bind it', async () => {
        expect(await thief.askForChallenge()).toMatchObject({
          status: 200,
          body: { continue: false },
        });
        expect(challengeIn(await thief.send('POST', '/session-device'))).toBeUndefined();
        for (const path of ['/me', '/device', '/basket', '/open']) {
          await thief.send('GET', path);
        }
        expect(thief.registration).toBeUndefined();
      });

      it.each([
        ['no challenge', () => undefined],
        [
          'a challenge of another session',
          async () => {
            const other = new DeviceBrowser(shop);
            await other.login('eve');
            return other.registration!.challenge;
          },
        ],
        [
          'a challenge that is made from the token',
          async () => {
            const [, secret = ''] = browser.cookies.get('__Host-id')!.split('.');
            const time = shop.clock.now();
            const message = `device-bound registration ${browser.id} ${time} `;
            const code = createHmac('sha256', secret).update(message).digest('base64url');
            return `${browser.id}.${time.toString(36)}.${code}`;
          },
        ],
        [
          'a refresh challenge of a bound session of theirs',
          async () => {
            const own = new DeviceBrowser(shop);
            await own.login('eve');
            await own.register();
            return challengeIn(await own.askForChallenge());
          },
        ],
      ])('can not bind it with %s', async (_, challenge) => {
        thief.registration = { path: '/session-device', challenge: 'unused' };
        expect(await thief.register({ challenge: await challenge() })).toMatchObject({
          status: 400,
        });
        shop.clock.advance(SETTLED);
        expect(await me(browser)).toEqual(open);
      });

      it('can not use the challenge of the login a minute later', async () => {
        thief.registration = offered;
        shop.clock.advance(60_001);
        expect(await thief.register()).toMatchObject({ status: 400 });
      });

      it('can not bind it once more', async () => {
        await browser.register();
        thief.registration = offered;
        expect(await thief.register()).toMatchObject({ status: 400 });
        shop.clock.advance(SETTLED);
        expect(await me(browser)).toEqual(open);
      });
    });

    describe('an attacker with all cookies of a bound session', () => {
      let thief: DeviceBrowser;

      beforeEach(async () => {
        await bind();
        thief = browser.copy();
        shop.clock.advance(END - SETTLED);
      });

      it.each<[string, () => Promise<DeviceResponse>]>([
        ['with a key of their own', () => thief.refresh()],
        ['with a key of their own in the proof', () => thief.refresh({ jwk: thief.jwk })],
        [
          'with the algorithm none',
          () => thief.refresh({ alg: 'none', signature: Buffer.alloc(0) }),
        ],
        [
          'with HS256 and the public key',
          () => {
            const signature = createHmac('sha256', JSON.stringify(browser.jwk)).digest();
            return thief.refresh({ alg: 'HS256', signature });
          },
        ],
        [
          'with RS256',
          () => {
            const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
            return thief.refresh({ alg: 'RS256', key: privateKey });
          },
        ],
        ['with a signature of zeros', () => thief.refresh({ signature: Buffer.alloc(64) })],
        [
          'with another type of token',
          () => thief.refresh({ typ: 'JWT', key: browser.keys.privateKey }),
        ],
        [
          'with an oversized proof',
          () => thief.refresh({ key: browser.keys.privateKey, padding: 'x'.repeat(4096) }),
        ],
        [
          'with a challenge of their own',
          () => {
            const time = shop.clock.now().toString(36);
            return thief.refresh({ challenge: `${thief.id}.${time}.${'A'.repeat(43)}` });
          },
        ],
      ])('is refused %s', async (_, refresh) => {
        const { status, headers } = await refresh();
        expect([400, 403]).toContain(status);
        expect(headers.getSetCookie()).toEqual([]);
        expect(await me(thief)).toEqual(refused);
      });

      it('gains nothing by a proof that the browser has sent', async () => {
        const challenge = challengeIn(await browser.askForChallenge())!;
        const proof = browser.proof({ challenge });
        const send = (who: DeviceBrowser) =>
          who.send('POST', '/session-device', {
            'sec-secure-session-id': who.id,
            'secure-session-response': proof,
          });
        await send(browser);
        shop.clock.advance(50_000);
        expect(await send(thief)).toMatchObject({ status: 200 });
        expect(thief.cookies.get('__Host-id.d')).toBe(browser.cookies.get('__Host-id.d'));
        shop.clock.advance(10_001);
        expect(await send(thief)).toMatchObject({ status: 403 });
      });

      it('can not use a proof of the browser for another session', async () => {
        const other = new DeviceBrowser(shop);
        await other.login('eve');
        await other.register();
        const challenge = challengeIn(await other.askForChallenge());
        expect(await thief.refresh({ challenge, key: other.keys.privateKey })).toMatchObject({
          status: 403,
        });
      });

      it('forges none of 1,000 bound cookies from what they know', async () => {
        const [id = '', secret = ''] = browser.cookies.get('__Host-id')!.split('.');
        const { x, y } = browser.jwk as { x: string; y: string };
        const until = shop.clock.now() + WITHIN;
        const keys = [secret, id, `${x}.${y}`, x, y, '', JSON.stringify(browser.jwk)];
        const forged = Array.from({ length: 1000 }, (_, attempt) => {
          const message = `device-bound cookie ${id} ${until} ${x}.${y}`;
          const code = createHmac('sha256', keys[attempt] ?? randomBytes(32)).update(message);
          return `__Host-id.d=${until.toString(36)}.${code.digest('base64url')}`;
        });
        // A request can have four.
        for (let at = 0; at < forged.length; at += 4) {
          const cookie = [`__Host-id=${id}.${secret}`, ...forged.slice(at, at + 4)].join('; ');
          expect(await thief.send('GET', '/me', { cookie })).toEqual(refused);
        }
      });

      it.each(['', '.', 'zz', '0.', `${'z'.repeat(11)}.${'A'.repeat(43)}`, '__proto__'])(
        'is refused with the bound cookie %j',
        async (value) => {
          thief.cookies.set('__Host-id.d', value);
          expect(await me(thief)).toEqual(refused);
        },
      );
    });

    it.each<[string, object]>([
      [
        'a point off the curve',
        { kty: 'EC', crv: 'P-256', x: `${'A'.repeat(42)}E`, y: `${'A'.repeat(42)}E` },
      ],
      ['another curve', { kty: 'EC', crv: 'P-384', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
      ['an RSA key', { kty: 'RSA', n: 'AQAB', e: 'AQAB' }],
      ['no key', {}],
    ])('%s is not bound', async (_, jwk) => {
      await browser.login();
      expect(await browser.register({ jwk })).toMatchObject({ status: 400 });
      expect((await browser.send('GET', '/device')).body).toEqual({
        exists: true,
        device: 'unbound',
      });
    });

    it('a registration that the browser repeats is answered again', async () => {
      await browser.login();
      await browser.register();
      expect(await browser.register()).toMatchObject({ status: 200 });
    });

    it('a page of another site gets nothing out of the route, and no statement runs', async () => {
      await bind();
      const statements = await shop.statementsOf(async () => {
        const response = await browser.send('POST', '/session-device', {
          origin: 'https://evil.example',
          'sec-fetch-site': 'cross-site',
        });
        expect(response).toMatchObject({ status: 400, body: {} });
        expect(challengeIn(response)).toBeUndefined();
      });
      expect(statements).toEqual([]);
    });

    it('a browser refreshes for a page of another site', async () => {
      await bind();
      const response = await browser.send('POST', '/session-device', {
        'sec-secure-session-id': `"${browser.id}"`,
        origin: 'https://mail.example',
        'sec-fetch-site': 'cross-site',
      });
      expect(response.status).toBe(403);
      expect(challengeIn(response)).toBeDefined();
    });

    it('the route answers 503 while the database is unavailable', async () => {
      await bind();
      const rename = (from: string, to: string) =>
        shop.connection.query(`ALTER TABLE ${from} RENAME TO ${to}`);
      await rename('server_sessions', 'elsewhere');
      expect(await browser.askForChallenge()).toMatchObject({
        status: 503,
        body: { code: 'SESSION_STORE_UNAVAILABLE' },
      });
      await rename('elsewhere', 'server_sessions');
      expect(await browser.refresh()).toMatchObject({ status: 200 });
    });
  });

  it('a stream ends when the bound cookie that opened it does', async () => {
    await start({ watch: { interval: 20 } });
    await bind();
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const feed = await fetch(`http://127.0.0.1:${shop.port}/feed`, { headers: { cookie } });
    const reader = feed.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('open');
    await browser.refresh();
    shop.clock.advance(END - SETTLED);
    let rest = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      rest += part.value;
    }
    expect(rest).toContain('event: session-ended');
    expect(rest).toContain('{"reason":"device"}');
    await browser.refresh();
    expect(await me(browser)).toEqual(open);
  });

  it('the route is below the global prefix, and outside of global guards', async () => {
    await start(
      {},
      {
        providers: [{ provide: APP_GUARD, useValue: { canActivate: () => true } }],
        configure: (app) => void app.setGlobalPrefix('api'),
      },
    );
    await browser.login('ada', '/api');
    expect(browser.registration!.path).toBe('/api/session-device');
    expect(await browser.register()).toMatchObject({
      status: 200,
      body: { refresh_url: '/api/session-device' },
    });
  });

  it('with encryptionKeys the secret is encrypted, and a lost key closes the session', async () => {
    const key = randomBytes(32);
    await start({ encryptionKeys: [key] });
    await bind();
    expect(await me(browser)).toEqual(open);
    const [[row]] = (await shop.connection.query('SELECT * FROM server_sessions')) as [any[], any];
    expect(row.device_secret).toMatch(/^enc1\./);
    await shop.connection.query(
      `UPDATE server_sessions SET device_secret = replace(device_secret, 'enc1.', 'enc1.x')`,
    );
    expect(await me(browser)).toMatchObject({ status: 500, body: { code: 'SESSION_DATA' } });
  });

  it('without deviceBound nothing is offered, and a session that was bound opens', async () => {
    await start();
    await bind();
    const { connection } = shop;
    const [[row]] = (await connection.query('SELECT * FROM server_sessions')) as [any[], any];
    expect(row.device_key).toMatch(/^\d+\.[\w-]{43}\.[\w-]{43}$/);
    await shop.close();
    await start({ deviceBound: undefined });
    const { headers } = await browser.login();
    expect(headers.get('secure-session-registration')).toBeNull();
    expect(await browser.send('POST', '/session-device')).toMatchObject({ status: 404 });
  });

  it.each<[SessionsModuleOptions, string]>([
    [{ cookie: { secure: false } }, 'cookie.secure is false'],
    [{ cookie: { domain: 'example.com' } }, 'cookie.domain is set'],
    [{ cookie: { path: '/shop' } }, 'cookie.path is not'],
    [{ transports: ['bearer'] }, "the transport 'cookie' is off"],
    [{ deviceBound: { within: 0 } }, 'deviceBound.within'],
  ])('the start is refused with %j', async (options, text) => {
    const error = await startError(() =>
      startApp(adapter, { options: { deviceBound: {}, ...options } }),
    );
    expect(String(error)).toContain(text);
  });
});
