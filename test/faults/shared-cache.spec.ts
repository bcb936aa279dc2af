import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieOf } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { NGINX, startCachingProxy, type CachingProxy } from '../support/servers/caching-proxy.js';
import { ShopController } from '../support/applications/shop.controller.js';

const missing = 'nginx is not installed';
if (NGINX === undefined && process.env['REQUIRE_DATABASES'] === '1') {
  throw new Error(`${missing}, and REQUIRE_DATABASES=1 requires it.`);
}
const title = 'behind an nginx that stores all that may be stored';
const describeProxied = NGINX === undefined ? describe.skip : describe;

describeProxied(NGINX === undefined ? `${title} (skipped: ${missing})` : title, () => {
  describeAdapters((adapter) => {
    let app: TestApp;
    let proxy: CachingProxy;

    beforeAll(async () => {
      app = await startApp(adapter, { controllers: [ShopController] });
      proxy = await startCachingProxy(app.port);
    });
    afterAll(async () => {
      await proxy?.stop();
      await app.close();
    });

    const get = async (path: string, name?: string) => {
      const token = name && (await app.manager.createSession({ userId: name, basket: [name] }));
      const headers: Record<string, string> = token ? { Cookie: cookieOf(token) } : {};
      const answer = await fetch(`${proxy.url}${path}`, { headers });
      const { status } = answer;
      return { status, body: await answer.json(), cache: answer.headers.get('x-cache') };
    };

    it('a cache serves a response without a session the second time', async () => {
      await get('/open');
      expect(await get('/open')).toEqual({ status: 200, body: { open: true }, cache: 'HIT' });
    });

    it('a cache serves a guarded response to its visitor only', async () => {
      expect(await get('/me', 'ann')).toMatchObject({ status: 200, body: { name: 'ann' } });
      expect(await get('/me', 'bob')).toMatchObject({ status: 200, body: { name: 'bob' } });
      expect(await get('/me')).toMatchObject({ status: 401 });
    });

    it('a cache does not serve the page of a visitor without a session to one with a session', async () => {
      expect(await get('/visitor')).toMatchObject({ body: { name: 'a stranger' } });
      expect(await get('/visitor', 'ann')).toMatchObject({ body: { name: 'ann' } });
      expect(await get('/visitor')).toMatchObject({ body: { name: 'a stranger' } });
    });

    it('a cache does not serve a refusal to the next visitor', async () => {
      expect(await get('/basket')).toMatchObject({ status: 401 });
      expect(await get('/basket', 'ann')).toMatchObject({ status: 200, body: ['ann'] });
    });
  });
});
