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
    it('goes with a logout that clears the cookie, where it is asked for', async () => {
      expect(await answerTo((session) => session.end(), ALL)).toBe('"cache", "cookies", "storage"');
    });

    it('has what is asked for alone', async () => {
      const options = { clearSiteData: ['storage'] } as const;
      expect(await answerTo((session) => session.end(), options)).toBe('"storage"');
    });

    it('is not sent unasked', async () => {
      expect(await answerTo((session) => session.end(), {})).toBeUndefined();
    });

    it('is not sent where no cookie was', async () => {
      expect(await answerTo((session) => session.end(), ALL, true)).toBeUndefined();
    });

    it.each<[string, Act]>([
      ['start', (session) => session.start({})],
      ['regenerate', (session) => session.regenerate()],
      ['update', (session) => session.update({})],
    ])('does not go with %s', async (_method, act) => {
      expect(await answerTo(act, ALL)).toBeUndefined();
    });
  });
});
