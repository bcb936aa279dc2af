import { it } from '@jest/globals';
import { describeAdapters, startApp } from '../support/applications/applications.js';
import { ShopController } from '../support/applications/shop.controller.js';
import { bearerOf, cookieOf, expectRefusal } from '../support/http/responses.js';

describeAdapters((adapter) => {
  it('a token is refused after the logout of its visitor', async () => {
    const shop = await startApp(adapter, { controllers: [ShopController] });
    const login = await shop.http().post('/login').send({ name: 'ada' }).expect(200);
    const { token } = login.body;
    await shop.http().post('/logout').set('Cookie', cookieOf(token)).expect(200);
    for (const headers of [{ Cookie: cookieOf(token) }, { Authorization: bearerOf(token) }]) {
      expectRefusal(await shop.http().get('/me').set(headers), 'SESSION_ENDED');
    }
    await shop.close();
  });
});
