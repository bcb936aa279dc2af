import { afterEach, describe, expect, it } from '@jest/globals';
import { defineSessions } from 'nestjs-server-sessions';
import {
  PASSPORT_APPS,
  type PassportApp,
  type PassportAppOptions,
} from '../support/applications/passport-apps.js';
import { cookiesOf } from '../support/http/responses.js';
import { isChosen } from '../support/runner/chosen-suites.js';

const SETUPS: [string, PassportAppOptions][] = [
  ['SessionsModule', {}],
  ['a kind beside bearer tokens', { kind: defineSessions('passport') }],
];

const CROSS_SITE = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' };

const LOOKS_LIKE_A_TOKEN = '-0000-000000000000.aaaaaaaaaaaaaaaaaaaa';

for (const [name, start] of Object.entries(PASSPORT_APPS)) {
  const suite = isChosen('TEST_ADAPTERS', name) ? describe : describe.skip;
  suite.each(SETUPS)(`unsafe requests to ${name} with the store, as %s`, (_, setup) => {
    let app: PassportApp;
    afterEach(() => app.close());

    const open = async () => {
      const sessions = { transports: ['cookie'] } as const;
      app = await start({ ...setup, sessions, checksOrigin: true });
      const client = app.browser();
      const post = (path: string, headers: Record<string, string>, user = 'ann') =>
        client.post(path).type('form').set(headers).send({ username: user, password: 'right' });
      return { client, post };
    };

    it.each([
      ['no Authorization header', {}],
      ['what looks like a token', { Authorization: `Bearer ${LOOKS_LIKE_A_TOKEN}` }],
      ['it with another scheme', { Authorization: `Basic ${LOOKS_LIKE_A_TOKEN}` }],
    ])('another origin is refused with %s', async (__, authorization) => {
      const { client, post } = await open();
      const planted = await post('/login', { ...CROSS_SITE, ...authorization }, 'eve').expect(403);
      expect(cookiesOf(planted)).toEqual([]);
      await post('/login', {}).expect(302);
      await post('/logout', { ...CROSS_SITE, ...authorization }).expect(403);
      await client.get('/me').set(authorization).expect(200, { user: 'ann' });
    });

    it('another origin is refused with a live token of the sessions', async () => {
      const { client, post } = await open();
      await post('/login', {}).expect(302);
      const Authorization = `Bearer ${await app.manager.createSession({ userId: 'eve' })}`;
      await post('/logout', { ...CROSS_SITE, Authorization }).expect(403);
      await client.get('/me').expect(200, { user: 'ann' });
    });

    it('the own origin passes beside an Authorization header', async () => {
      const { client, post } = await open();
      const Authorization = `Bearer ${LOOKS_LIKE_A_TOKEN}`;
      await post('/login', { 'Sec-Fetch-Site': 'same-origin', Authorization }).expect(302);
      await client.get('/me').expect(200, { user: 'ann' });
    });
  });
}
