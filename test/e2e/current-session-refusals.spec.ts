import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  SessionDataTooLargeError,
  SessionHttpException,
  type CurrentSession,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, cookiesOf, expectRefusal } from '../support/http/responses.js';

const HOUR = 60 * 60 * 1000;
const MINUTE = 60 * 1000;
const ADA = { userId: 'ada' };
const BOB = { userId: 'bob' };

type Call = (session: CurrentSession, options?: any) => Promise<unknown>;

const METHODS: Readonly<Record<string, readonly [call: Call, valid: object]>> = {
  start: [
    (session, options) => session.start(ADA, options),
    { carry: [], expireTime: MINUTE, endsAt: undefined, persistent: true },
  ],
  renew: [(session, options) => session.renew(options), { expireTime: MINUTE }],
  regenerate: [
    (session, options) => session.regenerate(options),
    { change: () => ADA, grace: 1000, persistent: true },
  ],
  confirm: [
    (session, options) => session.confirm(options),
    { change: () => ADA, persistent: true },
  ],
  actAs: [(session, options) => session.actAs(BOB, options), { for: MINUTE, persistent: true }],
  stopActing: [(session, options) => session.stopActing(options), { persistent: true }],
  end: [(session, options) => session.end(options), { reason: 'logout' }],
};

const circular: Record<string, unknown> = {};
circular['self'] = circular;

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp(adapter, {
      controllers: [controller],
      options: { expireTime: HOUR, maxDataBytes: 1000 },
    });
  });
  afterAll(() => app.close());

  const act = (cookie = '') => app.http().post('/act').set('Cookie', cookie);
  const createCookie = async () => cookieOf(await app.manager.createSession({ userId: 'ada' }));
  const isAlive = async (cookie: string) => {
    does(({ exists }) => ({ exists }));
    return (await act(cookie)).body.exists as boolean;
  };

  describe('without a live session', () => {
    it('without a session CurrentSession has no id, no data and no expiresAt', async () => {
      does(({ exists, id, data, expiresAt }) => ({
        exists,
        others: [id, data, expiresAt].map((value) => typeof value),
      }));
      const none = { exists: false, others: Array(3).fill('undefined') };
      expect((await act()).body).toEqual(none);
      expect((await act(cookieOf('nonsense'))).body).toEqual(none);
    });

    it.each<[string, (session: CurrentSession) => Promise<unknown>]>([
      ['update with data', (session) => session.update({})],
      ['update with a change', (session) => session.update(() => ({}))],
      ['renew', (session) => session.renew()],
    ])(
      'without a session %s is refused with SESSION_MISSING and without a statement',
      async (_, call) => {
        does(call);
        for (const cookie of ['', cookieOf('nonsense')]) {
          const statements = await app.statementsOf(async () =>
            expectRefusal(await act(cookie), 'SESSION_MISSING'),
          );
          expect(statements).toEqual([]);
        }
      },
    );

    it('without a session end() resolves without a statement', async () => {
      does((session) => session.end());
      const statements = await app.statementsOf(async () => {
        const answer = await act();
        expect(answer.status).toBe(200);
        expect(cookiesOf(answer)).toEqual([]);
      });
      expect(statements).toEqual([]);
    });

    it('update() after end() is refused with SESSION_MISSING', async () => {
      does(async (session) => {
        await session.end();
        await session.update({});
      });
      const answer = await act(await createCookie());
      expect(answer.status).toBe(401);
      expect(answer.body.code).toBe('SESSION_MISSING');
    });
  });

  describe('a session that ends during the request', () => {
    it.each<[string, (session: CurrentSession) => Promise<unknown>]>([
      ['update with data', (session) => session.update({ visits: 1 })],
      ['update with a change', (session) => session.update(() => ({ visits: 1 }))],
      ['renew', (session) => session.renew()],
    ])('%s does not revive a session that ends during the request', async (_, call) => {
      const [removed, expired] = [await createCookie(), await createCookie()];
      does(async (session) => {
        await app.manager.removeSession(removed.split('=')[1]!);
        await call(session);
      });
      expectRefusal(await act(removed), 'SESSION_ENDED');
      expect(await isAlive(removed)).toBe(false);

      does(async (session) => {
        app.clock.advance(HOUR);
        await call(session);
      });
      expectRefusal(await act(expired), 'SESSION_EXPIRED');
      expect(await isAlive(expired)).toBe(false);
    });
  });

  describe('an update that gives the session to another user', () => {
    it.each<[string, (session: CurrentSession) => Promise<unknown>]>([
      ['data', (session) => session.update({ userId: 'bob' })],
      ['a change', (session) => session.update(() => ({ userId: 'bob' }))],
    ])(
      '%s refuses to give the session to another user, and only the log explains it',
      async (_, call) => {
        const cookie = await createCookie();
        app.logger.clear();
        does(call);
        const answer = await act(cookie);
        expect(answer.status).toBe(500);
        expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
        expect(app.logger.lines('error').join()).toContain('another user');
        await expect(app.manager.inspectSession(cookie.split('=')[1]!)).resolves.toMatchObject({
          userId: 'ada',
          data: { userId: 'ada' },
          version: 1,
        });
      },
    );

    it('update() refuses to give a session without an owner to a user, because a login needs a new token', async () => {
      const cookie = cookieOf(await app.manager.createSession({}));
      does((session) => session.update({ userId: 'ada' }));
      expect((await act(cookie)).status).toBe(500);
    });
  });

  describe.each<[string, (session: CurrentSession, data: unknown) => Promise<unknown>]>([
    ['start', (session, data) => session.start(data)],
    ['update', (session, data) => session.update(data)],
  ])('%s', (_, call) => {
    it('too large data is refused, and the session lives on', async () => {
      const cookie = await createCookie();
      does((session) => call(session, 'x'.repeat(1000)));
      const answer = await act(cookie);
      expectRefusal(answer, 'SESSION_DATA_TOO_LARGE');
      expect(await isAlive(cookie)).toBe(true);
    });

    it.each([
      ['that refer to themselves', circular],
      ['with a BigInt', { count: 1n }],
      ['with a function', { call: () => {} }],
    ])('data %s is refused, and the session lives on', async (_kind, data) => {
      const cookie = await createCookie();
      does((session) => call(session, data));
      const answer = await act(cookie);
      expectRefusal(answer, 'SESSION_DATA');
      expect(await isAlive(cookie)).toBe(true);
    });
  });

  it('refusals are HTTP exceptions whose cause is the domain error', async () => {
    let thrown: unknown;
    does((session) =>
      session.update('x'.repeat(1000)).catch((error: unknown) => {
        thrown = error;
      }),
    );
    await act(await createCookie());
    expect(thrown).toBeInstanceOf(SessionHttpException);
    expect(thrown).toMatchObject({
      code: 'SESSION_DATA_TOO_LARGE',
      cause: expect.any(SessionDataTooLargeError),
    });
  });

  /** Returns the message with which a call in a request of a session fails; `undefined` if it does not. */
  const failureOf = async (cookie: string, call: Call, options: object) => {
    does((session) =>
      call(session, options).then(
        () => ({}),
        ({ message }: Error) => ({ failure: message }),
      ),
    );
    const { status, body } = await act(cookie);
    expect(status).toBe(200);
    return body.failure as string | undefined;
  };

  describe.each(Object.entries(METHODS))('the options of %s', (method, [call, valid]) => {
    it('all that are known are accepted together', async () => {
      expect(await failureOf(await createCookie(), call, valid)).toBeUndefined();
    });

    it('an unknown one is named beside the known ones, and the session goes on', async () => {
      const cookie = await createCookie();
      const known = Object.keys(valid).join(', ');
      expect(await failureOf(cookie, call, { unknown: 1 })).toBe(
        `${method} options has no option "unknown". Known: ${known}.`,
      );
      expect(await isAlive(cookie)).toBe(true);
    });

    if ('persistent' in valid) {
      it('persistent must be true or false', async () => {
        expect(await failureOf(await createCookie(), call, { persistent: 'yes' })).toMatch(
          /^persistent must be /,
        );
      });
    }
  });

  it.each<[string, Call]>([
    ['update', (session) => session.update({})],
    ['renew', (session) => session.renew()],
    ['regenerate', (session) => session.regenerate()],
    ['list', (session) => session.list()],
  ])('%s on a damaged session is refused with SESSION_DATA', async (_, call) => {
    const cookie = await createCookie();
    const id = cookie.split('=')[1]!.split('.')[0]!;
    await app.connection.query(`UPDATE server_sessions SET data = '{' WHERE id = '${id}'`);
    does(call);
    expectRefusal(await act(cookie), 'SESSION_DATA');
  });
});
