import type { IncomingMessage } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)';

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  const begin = async (cookie = {}, configure: (nest: INestApplication) => void = () => {}) => {
    app = await startApp(adapter, { controllers: [controller], options: { cookie }, configure });
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
    ])('a Secure cookie over http is warned about once if browsers drop it: %s', async (host) => {
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
    ])('a Secure cookie over http causes no warning if browsers keep it: %s', async (host) => {
      await begin();
      expect(await login({ host })).toEqual([]);
    });

    it.each([
      ['Safari', `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15`],
      [
        'Chrome on an iPhone',
        `${PHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1`,
      ],
      ['wget', 'Wget/1.21.3'],
      ['Python', 'Python-urllib/3.11'],
      ['requests', 'python-requests/2.32.3'],
      ['Perl', 'libwww-perl/6.68'],
      ['Java', 'Java-http-client/17.0.15'],
    ])(
      'a Secure cookie on localhost is warned about once, because %s drops it',
      async (_, userAgent) => {
        await begin();
        const headers = { host: 'localhost:3000', 'user-agent': userAgent };
        expect(await login(headers)).toEqual([expect.stringContaining('Safari, wget')]);
        expect(await login(headers)).toHaveLength(1);
      },
    );

    it.each([
      ['Chrome', `${MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36`],
      [
        'Edge',
        `${MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`,
      ],
      [
        'Firefox',
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0',
      ],
      ['curl', 'curl/8.7.1'],
    ])(
      'a Secure cookie on localhost causes no warning, because %s keeps it',
      async (_, userAgent) => {
        await begin();
        expect(await login({ host: 'localhost:3000', 'user-agent': userAgent })).toEqual([]);
      },
    );

    it.each([
      ['', 1],
      ['Chrome/142.0.0.0', 0],
    ])(
      'the end of a user agent of 60,000 characters decides about the warning too: %j',
      async (end, warnings) => {
        await begin({}, (nest) =>
          nest.use((request: IncomingMessage, _: unknown, next: () => void) => {
            request.headers['user-agent'] = 'AppleWebKit/'.repeat(5000) + end;
            next();
          }),
        );
        expect(await login({ host: 'localhost' })).toHaveLength(warnings);
      },
    );

    it.each(['https', 'HTTPS', 'https, http', '\thttps \t,http'])(
      'a Secure cookie causes no warning behind a proxy that serves https: %j',
      async (proto) => {
        await begin();
        expect(await login({ host: 'shop.example', 'x-forwarded-proto': proto })).toEqual([]);
      },
    );

    it.each(['http', 'http, https', ', https', 'https\u00a0', '\u00a0https', 'httpss'])(
      'a Secure cookie is warned about behind a proxy that serves anything else: %j',
      async (proto) => {
        await begin();
        expect(await login({ host: 'shop.example', 'x-forwarded-proto': proto })).toHaveLength(1);
      },
    );

    it('a cookie that is not Secure and a logout cause no warning', async () => {
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
