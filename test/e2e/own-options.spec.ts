import { afterEach, describe, expect, it } from '@jest/globals';
import { parseSetCookie } from 'cookie';
import { SessionsConfigurationError, type SessionsModuleOptions } from 'nestjs-server-sessions';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import { bearerOf, cookiesOf } from '../support/http/responses.js';
import {
  ADAPTERS,
  describeAdapters,
  startApp,
  startError,
  type TestApp,
} from '../support/applications/applications.js';
import { whilePolluted } from '../support/objects/prototype-pollution.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const WRONG = Symbol('wrong');

/** Options that must not be read, and an invalid own option that is checked after them. */
const OPTIONS: [option: string, given: SessionsModuleOptions, refused: string][] = [
  ...['transports', 'cookie', 'csrf', 'clearSiteData', 'schema', 'connection'].map(
    (option): (typeof OPTIONS)[number] => [option, { recordClient: 0 as never }, 'recordClient'],
  ),
  ...['name', 'httpOnly', 'secure', 'sameSite', 'path', 'domain'].map(
    (option): (typeof OPTIONS)[number] => [
      option,
      { cookie: { persistent: 0 as never } },
      'cookie.persistent',
    ],
  ),
  ['trustedOrigins', { csrf: {}, recordClient: 0 as never }, 'recordClient'],
];

// Only on Express: such a property sends Fastify into an endless loop at its start.
describe('a property that is on Object.prototype at the start', () => {
  const adapter = ADAPTERS.find(({ name }) => name === 'Express')!;

  it.each(OPTIONS)(
    'a polluted Object.prototype sets no option of the module: %s',
    async (option, options, refused) => {
      const error = await whilePolluted({ [option]: WRONG }, () =>
        startError(() => startApp(adapter, { options })),
      );
      expect(error).toBeInstanceOf(SessionsConfigurationError);
      expect((error as Error).message).toContain(`${refused} must be`);
    },
  );
});

describeAdapters((adapter) => {
  describe('a property that other code put on Object.prototype', () => {
    describe('while a request is served', () => {
      let app: TestApp;
      const { controller, does } = actingController();
      afterEach(() => app.close());

      const start = async () => {
        app = await startApp(adapter, { controllers: [controller] });
        return app.manager.createSession({ userId: 'ann' });
      };
      const answerTo = (properties: object, act: Act, token?: string) => {
        does((session) => whilePolluted({ ...properties }, async () => act(session, undefined)));
        const request = app.http().post('/act');
        return token === undefined ? request : request.set('Authorization', bearerOf(token));
      };

      it.each([
        ['expireTime', HOUR],
        ['persistent', WRONG],
        ['userId', 'eve'],
        ['domain', 'shop.example'],
        ['partitioned', true],
        ['priority', 'high'],
        ['encode', () => 'another'],
      ])(
        'a polluted Object.prototype sets no option of start() and of the cookie: %s',
        async (name, value) => {
          await start();
          let token = '';
          const answer = await answerTo({ [name]: value }, async (session) => {
            token = await session.start({ name: 'Ann' }, {});
          }).expect(200);
          const usual = await answerTo({}, (session) => session.start({})).expect(200);
          const { expires, ...cookie } = parseSetCookie(cookiesOf(answer)[0]!);
          expect(expires).toBeInstanceOf(Date);
          expect(cookie).toEqual({
            ...parseSetCookie(cookiesOf(usual)[0]!),
            expires: undefined,
            value: token,
          });
          const { userId, createdAt, expiresAt } = await app.manager.inspectSession(token);
          expect([userId, Number(expiresAt) - Number(createdAt)]).toEqual([undefined, DAY]);
        },
      );

      it('a polluted Object.prototype does not extend the cookie by maxAge and expires', async () => {
        await start();
        const polluted = { maxAge: 60, expires: new Date(2e12) };
        const answer = await answerTo(polluted, async (session) => {
          await session.start({}, { persistent: false });
        }).expect(200);
        expect(cookiesOf(answer)[0]).not.toMatch(/max-age|expires/i);
      });

      it.each([
        ['grace', HOUR],
        ['change', () => ({ userId: 'eve' })],
        ['persistent', WRONG],
      ])('a polluted Object.prototype sets no option of regenerate(): %s', async (name, value) => {
        const old = await start();
        let token = '';
        await answerTo(
          { [name]: value },
          async (session) => {
            token = await session.regenerate({});
          },
          old,
        ).expect(200);
        await expect(app.manager.retrieveSession(old)).rejects.toThrow('There is no session');
        await expect(app.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      });
    });
  });
});
