import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actingController } from '../support/applications/acting-controller.js';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { cookieOf, cookiesOf } from '../support/http/responses.js';

const SESSION = expect.stringMatching(/^__Host-id=[\w.-]{80};/);
const CLEARED = expect.stringMatching(/^__Host-id=;/);

describeCookiePlugins((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [controller] });
  });
  afterAll(() => app.close());

  const act = (cookie = '') => app.http().post('/act').set('Cookie', cookie);

  const append = (response: any, cookie: string) =>
    adapter.framework === 'express'
      ? response.append('Set-Cookie', cookie)
      : response.header('Set-Cookie', cookie);

  describe('cookies that the application sets itself', () => {
    it('cookies of the application are kept before and after start()', async () => {
      does(async (session, response) => {
        append(response, 'before=1');
        append(response, 'early=1');
        await session.start({});
        append(response, 'after=1');
      });
      const cookies = cookiesOf(await act());
      expect(cookies.toSorted()).toEqual([SESSION, 'after=1', 'before=1', 'early=1']);
    });

    it('cookies of the application are kept by a second start() and by end()', async () => {
      does(async (session, response) => {
        await session.start({});
        append(response, 'between=1');
        await session.start({});
        append(response, 'later=1');
        await session.end();
      });
      expect(cookiesOf(await act())).toEqual(['between=1', 'later=1', CLEARED]);
    });

    it('cookies are kept whose names begin with or contain that of the session cookie', async () => {
      const others = ['__Host-id2=1', 'x__Host-id=1', 'a=__Host-id=1', '__host-id=1'];
      does(async (session, response) => {
        others.forEach((cookie) => append(response, cookie));
        await session.start({});
        await session.start({});
      });
      expect(cookiesOf(await act())).toEqual([...others, SESSION]);
    });
  });

  if (adapter.framework === 'express' || adapter.parsesCookies) {
    describe(`cookies set by ${adapter.framework === 'express' ? 'res.cookie' : 'reply.setCookie'}`, () => {
      const set = (response: any, name: string) =>
        adapter.framework === 'express'
          ? response.cookie(name, '1')
          : response.setCookie(name, '1');

      it('cookies set by the framework are kept before and after start() and end()', async () => {
        does(async (session, response) => {
          set(response, 'before');
          await session.start({});
          set(response, 'between');
          await session.end();
          set(response, 'after');
        });
        const cookies = cookiesOf(await act()).map((cookie) => cookie.split(';')[0]!);
        expect(cookies.toSorted()).toEqual(['__Host-id=', 'after=1', 'before=1', 'between=1']);
      });
    });
  }

  if (adapter.parsesCookies) {
    it('the values that the cookie plugin reads stay as they are', async () => {
      const token = await app.manager.createSession({});
      does((session, response) => {
        const { cookies } = response.req ?? response.request;
        return { exists: session.exists, theme: cookies.theme };
      });
      const answer = await act(`theme=a%20b; ${cookieOf(token)}`);
      expect(answer.body).toEqual({ exists: true, theme: 'a b' });
    });
  }
});
