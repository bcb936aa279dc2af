import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { describeAdapters, startApp } from '../support/applications/applications.js';
import {
  PASSPORT_APPS,
  sidOf,
  type PassportApp,
  type PassportAppOptions,
} from '../support/applications/passport-apps.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { isChosen } from '../support/runner/chosen-suites.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';

const HOUR = 3_600_000;

type Browser = ReturnType<PassportApp['browser']>;

const login = (browser: Browser, name: string, password = 'right') =>
  browser.post('/login').type('form').send({ username: name, password });
const userOf = async (browser: Browser) => (await browser.get('/me').expect(200)).body.user;

for (const [name, start] of Object.entries(PASSPORT_APPS)) {
  const suite = isChosen('TEST_ADAPTERS', name) ? describe : describe.skip;
  suite(`${name} with the store`, () => {
    const open: PassportApp[] = [];
    const startOne = async (options?: PassportAppOptions) => {
      const app = await start(options);
      open.push(app);
      return app;
    };
    afterEach(async () => {
      await Promise.all(open.splice(0).map((app) => app.close()));
    });

    it('Passport logs a user in and out, each time with a new id', async () => {
      const app = await startOne({ act: (session) => (session.basket = ['apple']) });
      const browser = app.browser();
      const before = sidOf(await browser.get('/act'));
      const response = await login(browser, 'ann').expect(302);
      expect(response.headers['location']).toBe('/me');
      expect(sidOf(response)).not.toBe(before);
      expect(await userOf(browser)).toBe('ann');
      const { id } = await app.manager.inspectSession(app.store.tokenFor(sidOf(response)));
      expect(await app.manager.listSessions('ann')).toMatchObject([{ id }]);
      await browser.post('/logout').expect(200);
      expect(await userOf(browser)).toBeNull();
      expect(await app.manager.listSessions('ann')).toEqual([]);
    });

    // connect-flash calls util.isArray, which Node 23 removed.
    (name === 'Express' && !('isArray' in util) ? it.skip : it)(
      'the message of a failed login is shown once',
      async () => {
        const browser = (await startOne()).browser();
        expect((await login(browser, 'ann', 'wrong')).headers['location']).toBe('/failed');
        expect((await browser.get('/failed')).body).toEqual(['Wrong password']);
        expect((await browser.get('/failed')).body).toEqual([]);
        expect(await userOf(browser)).toBeNull();
      },
    );

    it('a logout is final for requests in flight, also if they save later', async () => {
      let arrived!: () => void;
      let leave!: () => void;
      const isThere = new Promise<void>((resolve) => (arrived = resolve));
      const mayLeave = new Promise<void>((resolve) => (leave = resolve));
      const app = await startOne({
        resave: true,
        rolling: true,
        act: async (session) => {
          arrived();
          await mayLeave;
          session.late = true;
        },
      });
      const browser = app.browser();
      const cookie = cookiesOf(await login(browser, 'ann'))[0]!;
      const late = app
        .http()
        .get('/act')
        .set('Cookie', cookie.split(';')[0]!)
        .then((response) => response);
      await isThere;
      await browser.post('/logout').expect(200);
      leave();
      expect((await late).status).toBe(200);
      const thief = app.http().get('/me').set('Cookie', cookie.split(';')[0]!);
      expect((await thief).body).toEqual({ user: null });
      expect(await app.manager.listSessions('ann')).toEqual([]);
    });

    it('a session that is saved after its destruction stays destroyed', async () => {
      const app = await startOne({
        act: async (session) => {
          await util.promisify(session.destroy).call(session);
          await util.promisify(session.save).call(session);
        },
      });
      const browser = app.browser();
      await login(browser, 'ann');
      await browser.get('/act').expect(200);
      expect(await userOf(browser)).toBeNull();
      expect(await app.manager.listSessions('ann')).toEqual([]);
    });

    it('the manager ends the sessions of a user on all devices', async () => {
      const app = await startOne();
      const devices = [app.browser(), app.browser()] as const;
      await Promise.all(devices.map((device) => login(device, 'ann')));
      expect(await app.manager.removeUserSessions('ann')).toBe(2);
      expect(await Promise.all(devices.map(userOf))).toEqual([null, null]);
    });

    it('a login beyond the limit ends the oldest session of the user', async () => {
      const app = await startOne({ sessions: { maxSessionsPerUser: 1 } });
      const [phone, laptop] = [app.browser(), app.browser()];
      await login(phone, 'ann');
      await login(laptop, 'ann');
      expect(await userOf(phone)).toBeNull();
      expect(await userOf(laptop)).toBe('ann');
    });

    it('the row lives as long as the cookie, and a rolling request renews both', async () => {
      const app = await startOne({ maxAge: HOUR, rolling: true });
      const browser = app.browser();
      const token = app.store.tokenFor(sidOf(await login(browser, 'ann')));
      const end = async () => (await app.manager.inspectSession(token)).expiresAt.getTime();
      expect(Math.abs((await end()) - Date.now() - HOUR)).toBeLessThan(HOUR / 60);
      await app.manager.renewSession(token, { expireTime: 60_000 });
      const response = await browser.get('/me');
      expect(Math.abs((await end()) - Date.now() - HOUR)).toBeLessThan(HOUR / 60);
      expect(
        new Date(/Expires=([^;]*)/i.exec(cookiesOf(response)[0]!)![1]!).getTime(),
      ).toBeGreaterThan(Date.now() + HOUR / 2);
    });

    it('a visitor has a session only if something is saved', async () => {
      for (const saveUninitialized of [false, true]) {
        const app = await startOne({ saveUninitialized });
        expect(cookiesOf(await app.http().get('/me'))).toHaveLength(saveUninitialized ? 1 : 0);
        expect(await app.manager.countSessions()).toBe(saveUninitialized ? 1 : 0);
      }
    });

    it('a login without regenerate() of a session that a visitor had is refused', async () => {
      const app = await startOne({
        act: (session) => {
          session.userId = session.isVisitor ? 'ann' : undefined;
          session.isVisitor = true;
        },
      });
      const browser = app.browser();
      await browser.get('/act').expect(200);
      await browser.get('/act');
      expect(await app.manager.listSessions('ann')).toEqual([]);
    });

    it('a session can be saved and reloaded', async () => {
      const app = await startOne({
        act: async (session) => {
          const isFirst = session.views === undefined;
          session.views = (session.views ?? 0) + 1;
          await util.promisify(session.save).call(session);
          if (!isFirst) {
            session.views = 1000;
            await util.promisify(session.reload).call(session);
          }
        },
      });
      const browser = app.browser();
      const token = app.store.tokenFor(sidOf(await browser.get('/act').expect(200)));
      await browser.get('/act').expect(200);
      await browser.get('/act').expect(200);
      expect(await app.manager.retrieveSession(token)).toMatchObject({ views: 3 });
    });

    it('two applications share the sessions', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'store-'));
      const sessions = { storagePath: join(folder, 'sessions.sqlite') };
      const [one, two] = [await startOne({ sessions }), await startOne({ sessions })];
      const browser = one.browser();
      const cookie = cookiesOf(await login(browser, 'ann'))[0]!.split(';')[0]!;
      const onOther = two.http().get('/me').set('Cookie', cookie);
      expect((await onOther).body).toEqual({ user: 'ann' });
      await two.http().post('/logout').set('Cookie', cookie).expect(200);
      expect(await userOf(browser)).toBeNull();
      await Promise.all(open.splice(0).map((app) => app.close()));
      rmSync(folder, { recursive: true });
    });

    it('a user whose session needs a key that was removed is logged out, and can log in again', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'store-'));
      const storagePath = join(folder, 'sessions.sqlite');
      const withKey = (letter: string) =>
        startOne({ sessions: { storagePath, encryptionKeys: [letter.repeat(64)] } });
      const before = await withKey('a');
      const cookie = cookiesOf(await login(before.browser(), 'ann'))[0]!.split(';')[0]!;
      const after = await withKey('b');
      const get = await after.http().get('/me').set('Cookie', cookie);
      expect([get.status, get.body]).toEqual([200, { user: null }]);
      const logout = await after.http().post('/logout').set('Cookie', cookie);
      expect(logout.status).toBe(200);
      const browser = after.browser();
      const again = browser.post('/login').set('Cookie', cookie).type('form');
      const response = await again.send({ username: 'ann', password: 'right' });
      expect(response.headers['location']).toBe('/me');
      const fresh = cookiesOf(response)[0]!.split(';')[0]!;
      expect(fresh).not.toBe(cookie);
      expect((await after.http().get('/me').set('Cookie', fresh)).body).toEqual({ user: 'ann' });
      expect((await before.http().get('/me').set('Cookie', cookie)).body).toEqual({ user: 'ann' });
      await Promise.all(open.splice(0).map((app) => app.close()));
      rmSync(folder, { recursive: true });
    });

    it('without the database a request gets a 503, not a new session', async () => {
      const app = await startOne();
      const browser = app.browser();
      await login(browser, 'ann');
      await app.manager.close();
      const response = await browser.get('/me');
      expect(response.status).toBe(503);
      expect(cookiesOf(response)).toEqual([]);
    });
  });
}

describeAdapters((adapter) => {
  it('the id of a session of the store opens nothing for the guard', async () => {
    const shop = await startApp(adapter, { controllers: [ShopController] });
    const { SessionManagerStore } = await import('nestjs-server-sessions/express-session');
    const store = new SessionManagerStore(shop.manager, {
      secret: 'the secret of the store, of 32 or more',
    });
    const sid = 'L6wUBJHHtHEBS7VDeAMUPMZgRGxB2XQp';
    await util.promisify((callback: (error: unknown) => void) =>
      store.set(sid, { cookie: {}, userId: 'ann' }, callback),
    )();
    const { id } = await shop.manager.inspectSession(store.tokenFor(sid));
    for (const stolen of [sid, `${id}.${sid}`, id]) {
      for (const headers of [{ Cookie: cookieOf(stolen) }, { Authorization: bearerOf(stolen) }]) {
        const response = await shop.http().get('/me').set(headers);
        expect(response.status).toBe(401);
      }
    }
    expect(await shop.manager.countSessions('ann')).toBe(1);
    expectRefusal(
      await shop
        .http()
        .get('/me')
        .set('Cookie', cookieOf(`${id}.${'A'.repeat(43)}`)),
      'SESSION_NOT_FOUND',
    );
    await shop.close();
  });
});
