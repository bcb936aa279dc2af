import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { All, Controller, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  CurrentSession,
  SessionsConfigurationError,
  type SessionEvent,
} from 'nestjs-server-sessions';
import { decoded, takeDecodedHeaders } from '../support/http/decoded-headers.js';
import { bearerOf, cookieOf, cookiesOf } from '../support/http/responses.js';
import {
  describeAdapters,
  startApp,
  startError,
  type TestApp,
} from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const SPA = 'https://spa.example.com';
const MOBILE = 'capacitor://localhost';

/** A route for every method. */
@Controller()
class AnyController {
  @All('any')
  async any(@CurrentSession() session: CurrentSession) {
    return { exists: session.exists };
  }
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let token: string;
  let host: string;

  beforeAll(async () => {
    shop = await startApp(adapter, {
      controllers: [ShopController, AnyController],
      options: { csrf: { trustedOrigins: [SPA, MOBILE] } },
      configure: takeDecodedHeaders,
    });
    host = `127.0.0.1:${shop.port}`;
    token = (await shop.http().post('/login').send({ name: 'ada' })).body.token;
  });
  afterAll(() => shop.close());

  const add = (headers: Record<string, string>) =>
    shop.http().post('/basket').set('Host', host).set(headers).send({ product: 'tea' });
  const cookie = () => ({ Cookie: cookieOf(token) });

  describe('a request that changes something with a cookie', () => {
    it.each([
      ['of no browser', {}],
      ['of our own page', { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://any' }],
      ['that the visitor made by hand', { 'Sec-Fetch-Site': 'none' }],
      ['of a trusted origin', { 'Sec-Fetch-Site': 'cross-site', Origin: SPA }],
      ['of a trusted origin in an older browser', { Origin: SPA }],
      ["of a trusted application's own scheme", { 'Sec-Fetch-Site': 'cross-site', Origin: MOBILE }],
    ])('a request with a cookie passes: one %s', async (_, headers) => {
      await add({ ...cookie(), ...headers }).expect(201);
    });

    it('an older browser may send a request from a page of the same host', async () => {
      await add({ ...cookie(), Origin: `http://${host}` }).expect(201);
    });

    it.each([
      ['http://app.test', 'app.test'],
      ['http://app.test', 'APP.Test'],
      ['http://app.test', 'app.test:80'],
      ['https://app.test', 'app.test:443'],
      ['https://app.test:8443', 'app.test:8443'],
      ['http://my_app.test', 'my_app.test'],
      ['http://[2001:db8::1]:3000', '[2001:DB8::1]:3000'],
    ])('an older browser may send a request from %j to the host %j', async (origin, hostname) => {
      await add({ ...cookie(), ...decoded({ origin, host: hostname }) }).expect(201);
    });

    it.each([
      ['http://app.test', 'app.test:443'],
      ['http://app.test', 'app.test.'],
      // A URL parser reads all of these as http://app.test, or as its host.
      ...[
        'x@app.test',
        'x:y@app.test',
        'app.test/',
        'app.test\\',
        'app.test?x',
        'app.test#x',
        ' app.test',
        'app.test\t',
        'a%70p.test',
        'app\u00ad.test',
        '\u00aapp.test',
        '\uff41pp.test',
        'app\u3002test',
        'a\tpp.test',
        'app.te\u017ft',
      ].map((hostname) => ['http://app.test', hostname] as const),
      ['http://kiosk.test', '\u212aiosk.test'],
      ...[
        'HTTP://app.test',
        'http://APP.test',
        'http:app.test',
        'http:\\\\app.test',
        'http://app.test/',
        'http://app.test/page',
        'http://app.test?',
        'http://app.test#',
        'http://x@app.test',
        'http://app.test:80',
        ' http://app.test',
        'http://app.te\tst',
        'http://app\u00ad.test',
        'http://\uff41pp.test',
      ].map((origin) => [origin, 'app.test'] as const),
    ])(
      'a request of an older browser is refused: from %j to the host %j',
      async (origin, hostname) => {
        await add({ ...cookie(), ...decoded({ origin, host: hostname }) }).expect(403);
      },
    );

    it('a request of an older browser is refused if it has no host', async () => {
      for (const origin of ['http://[', `http://${host}`]) {
        await add({ ...cookie(), Origin: origin, Host: '[' }).expect(403);
      }
    });

    it.each([
      ['of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
      ['of another site without its origin', { 'Sec-Fetch-Site': 'cross-site' }],
      ['of a sibling', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.example.com' }],
      ['of another site in an older browser', { Origin: 'https://evil.example' }],
      ['of another port', { Origin: 'http://127.0.0.1:1' }],
      ['of nonsense', { Origin: 'nonsense' }],
      ['of a longer trusted origin', { Origin: `${SPA}.evil.example` }],
    ])('a request of another origin with a cookie is refused: one %s', async (_, headers) => {
      const answer = await add({ ...cookie(), ...headers });
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({
        statusCode: 403,
        code: 'SESSION_CROSS_ORIGIN',
        message: expect.stringContaining('csrf.trustedOrigins'),
      });
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(cookiesOf(answer)).toEqual([]);
    });

    it('a request whose page hides its origin is refused, and the body names the header to send', async () => {
      const answer = await add({ ...cookie(), Origin: 'null' });
      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({
        code: 'SESSION_CROSS_ORIGIN',
        message: expect.stringContaining('Referrer-Policy: same-origin'),
      });
      expect(answer.body.message).not.toContain('trustedOrigins');
    });
  });

  const foreign = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };

  it('a foreign login and logout are refused on routes without a guard too', async () => {
    await shop.http().post('/login').set(foreign).send({ name: 'eve' }).expect(403);
    await shop.http().post('/logout').set(foreign).set(cookie()).expect(403);
    await shop.http().get('/me').set(cookie()).expect(200);
  });

  it('a refused foreign request sends no SQL and emits an event', async () => {
    const events: SessionEvent[] = [];
    const subscription = shop.manager.events$.subscribe((event) => void events.push(event));
    const statements = await shop.statementsOf(() => add({ ...cookie(), ...foreign }));
    subscription.unsubscribe();
    expect(statements).toEqual([]);
    expect(events).toMatchObject([{ type: 'rejected', reason: 'cross-origin' }]);
  });

  it.each(['get', 'head', 'options'] as const)(
    'a foreign %s passes, because it only reads',
    async (method) => {
      await shop
        .http()
        [method]('/any')
        .set({ ...cookie(), ...foreign })
        .expect(200);
    },
  );

  it.each(['post', 'put', 'patch', 'delete'] as const)(
    'a foreign %s is refused',
    async (method) => {
      await shop
        .http()
        [method]('/any')
        .set({ ...cookie(), ...foreign })
        .expect(403);
    },
  );

  it('bearers of other origins pass', async () => {
    await add({ Authorization: bearerOf(token), ...foreign }).expect(201);
  });

  it('the check of the origin can be turned off', async () => {
    const open = await startApp(adapter, {
      controllers: [ShopController],
      options: { csrf: false },
    });
    await open.http().post('/login').set(foreign).send({ name: 'ada' }).expect(200);
    await open.close();
  });

  if (adapter.framework === 'express') {
    it('X-Forwarded-Host counts only if the proxy is trusted', async () => {
      const headers = { Origin: 'https://shop.example', 'X-Forwarded-Host': 'shop.example' };
      await shop.http().post('/login').set(headers).send({ name: 'ada' }).expect(403);
      const configure = (app: INestApplication) =>
        void (app as NestExpressApplication).set('trust proxy', true);
      const behind = await startApp(adapter, { controllers: [ShopController], configure });
      await behind.http().post('/login').set(headers).send({ name: 'ada' }).expect(200);
      await behind.close();
    });
  }

  const anOrigin = 'an origin as browsers send it, such as "https://app.example.com"';
  it.each<[unknown, string, string]>([
    [{ trustedOrigins: ['*'] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: ['https://*.example.com'] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: [SPA, 'null'] }, 'csrf.trustedOrigins[1]', anOrigin],
    [{ trustedOrigins: [`${SPA}/`] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: ['file://'] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: ['capacitor://localhost/'] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: ['spa.example.com'] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: [Symbol(SPA)] }, 'csrf.trustedOrigins[0]', anOrigin],
    [{ trustedOrigins: SPA }, 'csrf.trustedOrigins', 'an array of origins'],
    [{ origins: [] }, 'csrf', 'trustedOrigins'],
    [true, 'csrf', 'an object'],
  ])('the option csrf is refused at start if it is %j', async (csrf, name, expected) => {
    const error = await startError(() => startApp(adapter, { options: { csrf: csrf as never } }));
    expect(error).toBeInstanceOf(SessionsConfigurationError);
    expect(String(error)).toContain(name);
    expect(String(error)).toContain(expected);
  });
});
