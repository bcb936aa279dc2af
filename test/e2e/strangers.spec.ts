import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieOf, cookiesOf } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const UNKNOWN = `01900000-0000-7000-8000-000000000000.${'a'.repeat(42)}A`;

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;

  beforeAll(async () => {
    shop = await startApp(adapter, { controllers: [ShopController] });
  });
  afterAll(() => shop.close());

  const rows = async () => (await shop.connection.query('SELECT id FROM server_sessions'))[0];

  describe('a visitor without a session', () => {
    it.each([
      ['without a token', ''],
      ['with a token that the server never made', cookieOf(UNKNOWN)],
    ])('a visitor %s gets no row and no cookie until the login', async (_, cookie) => {
      for (const path of ['/open', '/visitor', '/me']) {
        expect(cookiesOf(await shop.http().get(path).set('Cookie', cookie))).toEqual([]);
      }
      expect(await rows()).toEqual([]);
    });
  });

  it('a login does not adopt a token that came with the request', async () => {
    const login = shop.http().post('/login').set('Cookie', cookieOf(UNKNOWN));
    const { token } = (await login.send({ name: 'ada' }).expect(200)).body;
    expect(await rows()).toEqual([{ id: token.split('.')[0] }]);
    expect(token.split('.')).not.toContain(UNKNOWN.split('.')[0]);
    await shop.http().get('/me').set('Cookie', cookieOf(UNKNOWN)).expect(401);
    await shop.manager.removeSession(token);
  });

  it('only the Set-Cookie of the login contains the token, far below the size limit of browsers', async () => {
    const login = await shop.http().post('/login').send({ name: 'ada' });
    const [cookie] = cookiesOf(login);
    const { token } = login.body;
    expect(cookie!.split(';')[0]!.length).toBeLessThanOrEqual(4096);
    const { 'set-cookie': _, ...headers } = login.headers;
    expect(JSON.stringify(headers)).not.toContain(token);
    const next = await shop.http().get('/me').set('Cookie', cookieOf(token)).expect(200);
    expect(JSON.stringify([next.headers, next.body])).not.toContain(token);
  });
});
