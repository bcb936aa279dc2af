import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { parseSetCookie } from 'cookie';
import {
  Session,
  SessionGuard,
  SessionsConfigurationError,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import { rawRequest, statusOf } from '../support/http/raw-request.js';
import { bearerOf, cookieOf, cookiesOf } from '../support/http/responses.js';
import {
  ADAPTERS,
  describeAdapters,
  startApp,
  startError,
  type TestApp,
} from '../support/applications/applications.js';
import { whileNodeIsPolluted, whilePolluted } from '../support/objects/prototype-pollution.js';

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

@Controller('data')
@UseGuards(SessionGuard)
class DataController {
  @Get()
  read(@Session('userId') userId: string, @Session('role') role = 'none'): object {
    return { userId, role };
  }
}

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

    describe('while a request is read', () => {
      let app: TestApp;
      let ann: string;
      let eve: string;
      const { controller, does } = actingController();

      beforeEach(async () => {
        app = await startApp(adapter, {
          controllers: [controller, DataController],
          options: { csrf: { trustedOrigins: ['https://trusted.example'] } },
        });
        ann = await app.manager.createSession({ userId: 'ann' });
        eve = await app.manager.createSession({ userId: 'eve' });
      });
      afterEach(() => app.close());

      // Sent by hand, since a client would send what is on Object.prototype.
      const answerTo = (properties: object, target: string, ...headers: string[]) =>
        whileNodeIsPolluted({ ...properties }, () =>
          rawRequest(app.port, target, ['Content-Length: 0', ...headers]),
        );
      const bodyOf = (answer: string) => JSON.parse(answer.split('\r\n\r\n')[1]!);

      // Node itself merges a header with one of the same name there, so the other header carries Ann's token.
      it.each<[string, () => string, () => string]>([
        ['authorization', () => bearerOf(eve), () => `Cookie: ${cookieOf(ann)}`],
        ['cookie', () => cookieOf(eve), () => `Authorization: ${bearerOf(ann)}`],
      ])(
        'a polluted Object.prototype gives a request no token: %s',
        async (name, value, ownHeader) => {
          const polluted = { [name]: value() };
          expect(statusOf(await answerTo(polluted, 'GET /data'))).toBe(401);
          const answer = await answerTo(polluted, 'GET /data', ownHeader());
          expect(bodyOf(answer)).toMatchObject({ userId: 'ann' });
        },
      );

      it.each([
        ['sec-fetch-site', 'same-origin', 'Origin: https://evil.example'],
        ['origin', 'https://trusted.example', 'Sec-Fetch-Site: cross-site'],
      ])(
        'a polluted Object.prototype lets no request of another origin pass: %s',
        async (name, value, header) => {
          const cookie = `Cookie: ${cookieOf(ann)}`;
          does((session) => session.update({ userId: 'ann', changed: true }));
          const answer = await answerTo({ [name]: value }, 'POST /act', cookie, header);
          expect(statusOf(answer)).toBe(403);
          await expect(app.manager.retrieveSession(ann)).resolves.toEqual({ userId: 'ann' });
        },
      );

      it('a polluted Object.prototype is not recorded as the user agent of a login', async () => {
        does(async (session) => ({ token: await session.start({}) }));
        const { token } = bodyOf(await answerTo({ 'user-agent': 'Eve' }, 'POST /act'));
        const { client } = await app.manager.inspectSession(token);
        expect(client.userAgent).toBeUndefined();
      });

      it('a polluted Object.prototype gives @Session() no property that the data lacks', async () => {
        const answer = await answerTo({ role: 'admin' }, 'GET /data', `Cookie: ${cookieOf(ann)}`);
        expect(bodyOf(answer)).toEqual({ userId: 'ann', role: 'none' });
      });
    });
  });
});
