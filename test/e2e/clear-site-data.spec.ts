import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionsModuleOptions } from 'nestjs-server-sessions';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import { bearerOf, cookieOf } from '../support/http/responses.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

const ALL = { clearSiteData: ['cache', 'cookies', 'storage'] } as const;

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;
  afterEach(() => app.close());

  const answerTo = async (act: Act, options: SessionsModuleOptions, bearer = false) => {
    app = await startApp(adapter, { controllers: [controller], options });
    const token = await app.manager.createSession();
    does(act);
    const request = app.http().post('/act');
    const asked = bearer
      ? request.set('Authorization', bearerOf(token))
      : request.set('Cookie', cookieOf(token));
    return (await asked.expect(200)).headers['clear-site-data'];
  };

  describe('Clear-Site-Data', () => {
    it('a logout that clears the cookie sends Clear-Site-Data if the option is set', async () => {
      expect(await answerTo((session) => session.end(), ALL)).toBe('"cache", "cookies", "storage"');
    });

    it('Clear-Site-Data has only the configured directives', async () => {
      const options = { clearSiteData: ['storage'] } as const;
      expect(await answerTo((session) => session.end(), options)).toBe('"storage"');
    });

    it('Clear-Site-Data is not sent without the option', async () => {
      expect(await answerTo((session) => session.end(), {})).toBeUndefined();
    });

    it('Clear-Site-Data is not sent if the request had no cookie', async () => {
      expect(await answerTo((session) => session.end(), ALL, true)).toBeUndefined();
    });

    it.each<[string, Act]>([
      ['start', (session) => session.start({})],
      ['regenerate', (session) => session.regenerate()],
      ['update', (session) => session.update({})],
    ])('Clear-Site-Data is not sent by %s', async (_method, act) => {
      expect(await answerTo(act, ALL)).toBeUndefined();
    });
  });
});
