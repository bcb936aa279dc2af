import { afterEach, describe, expect, it } from '@jest/globals';
import { actingController } from '../support/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications.js';

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  const begin = async (cookie = {}) => {
    app = await startApp(adapter, { controllers: [controller], options: { cookie } });
    app.logger.clear();
  };
  afterEach(() => app.close());

  const login = async (headers: Record<string, string>) => {
    does((session) => session.start({}));
    await app.http().post('/act').set(headers).expect(200);
    return app.logger.lines('warn');
  };

  describe('the Secure cookie over plain http', () => {
    it.each([
      'shop.example',
      '192.168.0.5:3000',
      '[2001:db8::1]',
      'localhost.example',
      '128.0.0.1',
    ])('is warned of once where browsers drop it: %s', async (host) => {
      await begin();
      expect(await login({ host })).toEqual([expect.stringContaining('over plain http')]);
      expect(await login({ host })).toHaveLength(1);
    });

    it.each([
      'localhost',
      'LOCALHOST:3000',
      'shop.localhost:3000',
      '127.0.0.1',
      '127.8.0.1:1',
      '[::1]:3000',
    ])('is not warned of where browsers keep it: %s', async (host) => {
      await begin();
      expect(await login({ host })).toEqual([]);
    });

    it.each(['https', 'HTTPS', 'https, http', '\thttps \t,http'])(
      'is not warned of behind a proxy that serves https: %j',
      async (proto) => {
        await begin();
        expect(await login({ host: 'shop.example', 'x-forwarded-proto': proto })).toEqual([]);
      },
    );

    it.each(['http', 'http, https', ', https', 'https\u00a0', '\u00a0https', 'httpss'])(
      'is warned of behind a proxy that serves anything else: %j',
      async (proto) => {
        await begin();
        expect(await login({ host: 'shop.example', 'x-forwarded-proto': proto })).toHaveLength(1);
      },
    );

    it('is not warned of where it was asked not to be Secure, nor at a logout', async () => {
      await begin({ secure: false });
      expect(await login({ host: 'shop.example' })).toEqual([]);
      await app.close();
      await begin();
      does((session) => session.end());
      const token = await app.manager.createSession();
      await app
        .http()
        .post('/act')
        .set({ host: 'shop.example', cookie: `__Host-id=${token}` })
        .expect(200);
      expect(app.logger.lines('warn')).toEqual([]);
    });
  });
});
