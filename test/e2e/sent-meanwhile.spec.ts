import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Post, Res } from '@nestjs/common';
import { CurrentSession, SessionsConfigurationError } from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, cookiesOf } from '../support/http/responses.js';

interface Account {
  userId: string;
}
type Call = (session: CurrentSession<Account>) => Promise<unknown>;

let call: Call;
let outcome: unknown;

/** Sends the headers while the call waits for the database. */
@Controller()
class HastyController {
  @Post('hasty')
  async hasty(
    @CurrentSession() session: CurrentSession<Account>,
    @Res() response: any,
  ): Promise<void> {
    const raw = response.raw ?? response;
    const pending = call(session).catch((error: unknown) => error);
    response.hijack?.();
    raw.write('begun, ');
    outcome = await pending;
    raw.end('done');
  }
}

describeAdapters((adapter) => {
  const { controller, does } = actingController<Account>();
  let app: TestApp<Account>;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [HastyController, controller] });
  });
  afterAll(() => app.close());

  const send = async (token: string | undefined, next: Call) => {
    call = next;
    outcome = undefined;
    const answer = await app
      .http()
      .post('/hasty')
      .set(token === undefined ? {} : { Cookie: cookieOf(token) });
    expect(answer.text).toBe('begun, done');
    expect(cookiesOf(answer)).toEqual([]);
  };
  const expectTooLate = (method: string) => {
    expect(outcome).toBeInstanceOf(SessionsConfigurationError);
    expect(String(outcome)).toContain(`${method}()`);
    expect(String(outcome)).toContain('headers were sent');
  };
  const liveOf = async (userId: string) => (await app.manager.listSessions(userId)).length;

  describe('a response that is sent while the session gets a token', () => {
    it('start() leaves no session behind that nobody has the token of', async () => {
      await send(undefined, (session) => session.start({ userId: 'start' }));
      expectTooLate('start');
      expect(await liveOf('start')).toBe(0);
    });

    it.each<[string, Call]>([
      ['regenerate', (session) => session.regenerate()],
      ['confirm', (session) => session.confirm()],
    ])(
      '%s() ends the session, since its old token opens nothing any more',
      async (method, next) => {
        const token = await app.manager.createSession({ userId: method });
        await send(token, next);
        expectTooLate(method);
        expect(await liveOf(method)).toBe(0);
      },
    );

    it('actAs() ends the acting session and that of the agent', async () => {
      const token = await app.manager.createSession({ userId: 'agent' });
      await send(token, (session) => session.actAs({ userId: 'customer' }));
      expectTooLate('actAs');
      expect([await liveOf('agent'), await liveOf('customer')]).toEqual([0, 0]);
    });

    it('stopActing() ends the acting session and that of the agent', async () => {
      const token = await app.manager.createSession({ userId: 'returning' });
      does(async (session) => ({ token: await session.actAs({ userId: 'her customer' }) }));
      const entry = await app.http().post('/act').set('Cookie', cookieOf(token)).expect(200);
      await send(entry.body.token, (session) => session.stopActing());
      expectTooLate('stopActing');
      expect([await liveOf('returning'), await liveOf('her customer')]).toEqual([0, 0]);
    });
  });
});
