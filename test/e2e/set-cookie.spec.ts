import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { cookiesOf } from '../support/http/responses.js';

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;
const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT';
const THIRTY_DAYS = 2_592_000;
const FOUR_HUNDRED_DAYS = 34_560_000;

type Cookie = SessionsModuleOptions['cookie'];

describeCookiePlugins((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  const start = async (options: SessionsModuleOptions = {}) => {
    app = await startApp(adapter, { controllers: [controller], options });
  };
  afterEach(() => app.close());

  const act = (cookie = '') => app.http().post('/act').set('Cookie', cookie);

  /** Returns the Set-Cookie headers of a login, with T for the token. */
  const cookiesOfStart = async (persistent?: boolean) => {
    does(async (session) => ({ token: await session.start({}, { persistent }) }));
    const answer = await act();
    return cookiesOf(answer).map((cookie) => cookie.replace(answer.body.token, 'T'));
  };

  const cookiesOfEnd = async (name: string) => {
    does((session) => session.end());
    return cookiesOf(await act(`${name}=${await app.manager.createSession()}`));
  };

  it.each<[string, string, Cookie, string, string]>([
    ['the defaults', '__Host-id', undefined, 'Path=/', 'HttpOnly; Secure; SameSite=Lax'],
    ['secure: false', 'id', { secure: false }, 'Path=/', 'HttpOnly; SameSite=Lax'],
    [
      'a domain',
      '__Secure-id',
      { domain: 'example.com' },
      'Domain=example.com; Path=/',
      'HttpOnly; Secure; SameSite=Lax',
    ],
    ['a path', '__Secure-id', { path: '/app' }, 'Path=/app', 'HttpOnly; Secure; SameSite=Lax'],
    [
      'sameSite: strict',
      '__Host-id',
      { sameSite: 'strict' },
      'Path=/',
      'HttpOnly; Secure; SameSite=Strict',
    ],
    [
      'sameSite: none',
      '__Host-id',
      { sameSite: 'none' },
      'Path=/',
      'HttpOnly; Secure; SameSite=None',
    ],
    ['httpOnly: false', '__Host-id', { httpOnly: false }, 'Path=/', 'Secure; SameSite=Lax'],
    ['a name', 'sid', { name: 'sid' }, 'Path=/', 'HttpOnly; Secure; SameSite=Lax'],
  ])('a cookie with %s is set and cleared by the same name, path and domain', async (...row) => {
    const [, name, cookie, place, flags] = row;
    await start(cookie && { cookie });
    const [set, ...others] = await cookiesOfStart();
    expect(set!.replace(/Expires=[^;]+/, 'Expires=E')).toBe(
      `${name}=T; Max-Age=${THIRTY_DAYS}; ${place}; Expires=E; ${flags}`,
    );
    expect(others).toEqual([]);
    expect(await cookiesOfEnd(name)).toEqual([
      `${name}=; Max-Age=0; ${place}; Expires=${EPOCH}; ${flags}`,
    ]);
  });

  describe('a persistent cookie', () => {
    it.each<[string, SessionsModuleOptions, number]>([
      ['absoluteTimeout', { absoluteTimeout: 2 * DAY }, 2 * 24 * 60 * 60],
      [
        'absoluteTimeout, rounded up to seconds',
        { absoluteTimeout: 90_999, expireTime: 90_999, renewTimestamp: 60_000, touchAfter: 1 },
        91,
      ],
      ['400 days of a longer one', { absoluteTimeout: 1000 * DAY }, FOUR_HUNDRED_DAYS],
      ['400 days where there is none', { absoluteTimeout: false }, FOUR_HUNDRED_DAYS],
    ])('a persistent cookie is kept for %s', async (_, options, maxAge) => {
      await start(options);
      const before = Math.floor(Date.now() / SECOND);
      const [cookie] = await cookiesOfStart();
      expect(cookie).toContain(`; Max-Age=${maxAge}; `);
      // The client's clock counts, not the option `clock`.
      const expires = Date.parse(/; Expires=([^;]+)/.exec(cookie!)![1]!) / SECOND;
      expect(expires).toBeGreaterThanOrEqual(before + maxAge);
      expect(expires).toBeLessThanOrEqual(Date.now() / SECOND + maxAge);
    });

    it('a persistent cookie outlives a short session, so that its holder learns that it expired', async () => {
      await start();
      does((session) => session.start({}, { expireTime: 1 }));
      expect(cookiesOf(await act())[0]).toContain(`Max-Age=${THIRTY_DAYS};`);
    });
  });

  describe('a cookie that is not persistent', () => {
    const forThisVisit = '__Host-id=T; Path=/; HttpOnly; Secure; SameSite=Lax';

    it('a cookie that is not persistent lasts until the browser closes', async () => {
      await start({ cookie: { persistent: false } });
      expect(await cookiesOfStart()).toEqual([forThisVisit]);
    });

    it('a login can choose a persistent cookie or the opposite', async () => {
      await start();
      expect(await cookiesOfStart(false)).toEqual([forThisVisit]);
      await app.close();
      await start({ cookie: { persistent: false } });
      expect(await cookiesOfStart(true)).toEqual([expect.stringContaining('; Max-Age=')]);
    });
  });

  describe('the response that sets or clears the cookie', () => {
    it('a response that sets or clears the cookie is no-store', async () => {
      await start();
      does((session) => session.start({}));
      expect((await act()).headers['cache-control']).toBe('no-store');
      does((session) => session.end());
      const answer = await act(`__Host-id=${await app.manager.createSession()}`);
      expect(answer.headers['cache-control']).toBe('no-store');
    });
  });

  describe('other responses', () => {
    it('other responses set no cookie and are private', async () => {
      await start();
      does(async (session) => {
        await session.update({});
        await session.renew();
      });
      const answer = await act(`__Host-id=${await app.manager.createSession()}`).expect(200);
      expect(cookiesOf(answer)).toEqual([]);
      expect(answer.headers['cache-control']).toBe('private, no-cache');
    });
  });

  it('a logout clears the cookie of an ended session too', async () => {
    await start();
    does((session) => session.end());
    const token = await app.manager.createSession();
    await app.manager.removeSession(token);
    expect(cookiesOf(await act(`__Host-id=${token}`))).toEqual([
      expect.stringMatching(/^__Host-id=; Max-Age=0;/),
    ]);
  });

  it('a request that sets the cookie again and again wraps `writeHead` of its response once', async () => {
    await start();
    const heads = new Set();
    does(async (session, response) => {
      for (let times = 0; times < 3; times++) {
        await session.start({});
        heads.add((response.raw ?? response).writeHead);
      }
    });
    expect(cookiesOf(await act())).toHaveLength(1);
    expect(heads.size).toBe(1);
  });
});
