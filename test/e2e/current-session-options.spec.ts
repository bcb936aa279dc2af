import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CurrentSession } from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, expectRefusal } from '../support/http/responses.js';

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

describeAdapters((adapter) => {
  const { controller, does } = actingController();
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [controller] });
  });
  afterAll(() => app.close());

  const act = (cookie: string) => app.http().post('/act').set('Cookie', cookie);
  const createCookie = async () => cookieOf(await app.manager.createSession(ADA));
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
      does(({ exists }) => ({ exists }));
      expect((await act(cookie)).body).toEqual({ exists: true });
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
