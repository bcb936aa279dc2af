import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  describeCookiePlugins,
  startApp,
  type TestApp,
} from '../support/applications/applications.js';
import { bearerOf, cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

describeCookiePlugins((adapter) => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp(adapter, {
      controllers: [ShopController],
      options: { cookie: { secure: false } },
    });
  });
  afterAll(() => shop.close());

  const login = async (name: string, client = shop.http()): Promise<string> =>
    (await client.post('/login').send({ name }).expect(200)).body.token;

  describe('a browser', () => {
    it('a browser logs in, fills a basket and logs out', async () => {
      const browser = shop.browser();
      await browser.get('/me').expect(401);
      await login('ada', browser);
      await browser.get('/me').expect(200, { name: 'ada' });
      await browser.post('/basket').send({ product: 'tea' }).expect(201, ['tea']);
      await browser.post('/basket').send({ product: 'milk' }).expect(201, ['tea', 'milk']);
      await browser.get('/basket').expect(200, ['tea', 'milk']);
      await browser.post('/logout').expect(200);
      expectRefusal(await browser.get('/basket'), 'SESSION_MISSING');
    });

    it('two browsers share nothing', async () => {
      const [ada, bob] = [shop.browser(), shop.browser()];
      await login('ada', ada);
      await login('bob', bob);
      await ada.post('/basket').send({ product: 'tea' }).expect(201);
      await bob.get('/basket').expect(200, []);
      await bob.post('/logout').expect(200);
      await ada.get('/me').expect(200, { name: 'ada' });
    });
  });

  it('every login gives a new token and invalidates the previous one', async () => {
    const browser = shop.browser();
    const first = await login('ada', browser);
    const second = await login('ada', browser);
    expect(second).not.toBe(first);
    await browser.get('/me').expect(200, { name: 'ada' });
    expectRefusal(
      await shop.http().get('/me').set('Cookie', `id=${first}`),
      'SESSION_ENDED',
      'replaced',
    );
  });

  it('every login gives the visitor a new public id', async () => {
    const browser = shop.browser();
    const ids = [await login('ada', browser), await login('bob', browser)].map(
      (token) => token.split('.')[0],
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('a client can keep its token itself and send it as a bearer', async () => {
    const token = await login('ada');
    const authorization = { Authorization: bearerOf(token) };
    await shop.http().get('/me').set(authorization).expect(200, { name: 'ada' });
    await shop.http().post('/basket').set(authorization).send({ product: 'tea' }).expect(201);
    await shop.http().get('/basket').set(authorization).expect(200, ['tea']);
    await shop.http().post('/logout').set(authorization).expect(200);
    expectRefusal(await shop.http().get('/basket').set(authorization), 'SESSION_ENDED');
  });

  it('a bearer who logs in again gets a new session instead of the old one', async () => {
    const first = await login('ada');
    const answer = await shop
      .http()
      .post('/login')
      .set('Authorization', bearerOf(first))
      .send({ name: 'ada' });
    expect(answer.body.token).not.toBe(first);
    await expect(shop.manager.retrieveSession(first)).rejects.toThrow('no session');
  });

  it('a visitor stays logged in when the application restarts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sessions-'));
    const options = { storagePath: join(folder, 'sessions.sqlite') };
    const before = await startApp(adapter, { controllers: [ShopController], options });
    const token = await login('ada', before.http());
    await before.http().post('/basket').set('Cookie', cookieOf(token)).send({ product: 'tea' });
    await before.close();

    const after = await startApp(adapter, { controllers: [ShopController], options });
    await after.http().get('/basket').set('Cookie', cookieOf(token)).expect(200, ['tea']);
    const logout = await after.http().post('/logout').set('Cookie', cookieOf(token)).expect(200);
    expect(cookiesOf(logout)).toHaveLength(1);
    expectRefusal(await after.http().get('/me').set('Cookie', cookieOf(token)), 'SESSION_ENDED');
    await after.close();
    rmSync(folder, { recursive: true });
  });
});
