import { afterEach, describe, expect, it } from '@jest/globals';
import {
  SessionExceptionFilter,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import {
  SupportDeskController,
  type DeskData,
} from '../support/applications/support-desk.controller.js';
import { bearerOf, cookieOf, cookiesOf } from '../support/http/responses.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describeAdapters((adapter) => {
  const { controller, does } = actingController<DeskData>();
  let app: TestApp<DeskData>;
  afterEach(() => app.close());

  const open = async (options: SessionsModuleOptions<DeskData> = {}) => {
    app = await startApp(adapter, {
      controllers: [SupportDeskController, controller],
      options,
      configure: (opened) => void opened.useGlobalFilters(new SessionExceptionFilter()),
    });
  };
  /** A cookie that the client of the tests sends without TLS. */
  const PLAIN = { cookie: { secure: false } };
  const act = (token: string) => app.http().post('/act').set('Cookie', cookieOf(token));

  describe('acting as another user', () => {
    it('the cookie changes on entry and return, and both identities are known', async () => {
      await open(PLAIN);
      const browser = app.browser();
      await browser.post('/login/agent').expect(200);
      const entry = await browser.post('/act-as/ann').expect(200);
      const [cookie] = cookiesOf(entry);
      expect(cookie).toContain(`id=${entry.body.token}`);
      const { body } = await browser.get('/me').expect(200);
      expect(body).toEqual({
        userId: 'ann',
        actor: { userId: 'agent', sessionId: expect.any(String) },
      });
      const back = await browser.post('/return').expect(200);
      expect(cookiesOf(back)[0]).toContain(`id=${back.body.token}`);
      expect((await browser.get('/me').expect(200)).body).toEqual({ userId: 'agent' });
    });

    it('the cookie lasts as long as the session of the agent, so that the return works later', async () => {
      await open({ expireTime: HOUR, absoluteTimeout: 8 * HOUR, cookie: { persistent: true } });
      const agent = await app.manager.createSession({ userId: 'agent' });
      const entry = await app.http().post('/act-as/ann').set('Cookie', cookieOf(agent));
      expect(cookiesOf(entry)[0]).toContain('Max-Age=28800');
    });

    it('a bearer token changes too, without a cookie', async () => {
      await open();
      const agent = await app.manager.createSession({ userId: 'agent' });
      const post = (path: string, token: string) =>
        app.http().post(path).set('Authorization', bearerOf(token)).expect(200);
      const entry = await post('/act-as/ann', agent);
      const back = await post('/return', entry.body.token);
      expect([...cookiesOf(entry), ...cookiesOf(back)]).toEqual([]);
      expect(back.body.userId).toBe('agent');
    });

    it('start, confirm and a second entry are refused, and the session is never fresh', async () => {
      await open(PLAIN);
      const browser = app.browser();
      await browser.post('/login/agent').expect(200);
      await browser.post('/password').expect(200);
      const { body } = await browser.post('/act-as/ann').expect(200);
      for (const path of ['/login/bob', '/confirm', '/act-as/bob']) {
        const response = await browser.post(path).expect(403);
        expect(response.body).toMatchObject({ code: 'SESSION_ACTING' });
        expect(cookiesOf(response)).toEqual([]);
      }
      expect((await browser.post('/password').expect(403)).body.code).toBe('SESSION_NOT_FRESH');
      await expect(app.manager.retrieveSession(body.token)).resolves.toEqual({ userId: 'ann' });
    });

    it('a log-out everywhere that spares the acting session is refused', async () => {
      await open();
      const agent = await app.manager.createSession({ userId: 'agent' });
      const entry = await app.http().post('/act-as/ann').set('Cookie', cookieOf(agent)).expect(200);
      does(async ({ userId, id }) => {
        await app.manager.removeUserSessions(userId!, { except: id! });
      });
      const response = await act(entry.body.token).expect(403);
      expect(response.body.code).toBe('SESSION_ACTING');
    });

    it('a return from a session that is not an acting one does nothing', async () => {
      await open();
      const agent = await app.manager.createSession({ userId: 'agent' });
      const response = await app.http().post('/return').set('Cookie', cookieOf(agent)).expect(200);
      expect(response.body).toEqual({ token: agent, userId: 'agent' });
      expect(cookiesOf(response)).toEqual([]);
      await app.http().post('/return').expect(401);
    });

    it('lists, JSON and guards know the agent', async () => {
      await open();
      const agent = await app.manager.createSession({ userId: 'agent' });
      does(async (session) => {
        await session.actAs({ userId: 'ann' });
        return { list: await session.list(), json: session };
      });
      const { body } = await act(agent).expect(200);
      const actor = { userId: 'agent', sessionId: agent.split('.')[0] };
      expect(body.list).toMatchObject([{ current: true, actor, client: {} }]);
      expect(body.list[0].client).toEqual({});
      expect(body.json).toMatchObject({ exists: true, actor });
    });

    it('the time is checked, and never longer than absoluteTimeout', async () => {
      await open({ absoluteTimeout: HOUR, expireTime: HOUR });
      const agent = await app.manager.createSession({ userId: 'agent' });
      const errors: unknown[] = [];
      does(async (session) => {
        for (const options of [{ for: 0 }, { for: 2 * HOUR }, { for: '5m' }, { endsAt: 1 }]) {
          await session.actAs({ userId: 'ann' }, options as object).catch((error: Error) => {
            errors.push((error as Error & { code: string }).code);
          });
        }
        await session.actAs({ userId: 'ann' }, { for: MINUTE });
        return session.expiresAt;
      });
      const { body } = await act(agent).expect(200);
      expect(errors).toEqual(Array(4).fill('ERR_SESSION_CONFIGURATION'));
      expect(new Date(body).getTime()).toBe(app.clock.now() + MINUTE);
    });

    it.each([
      ['data without a user', { userId: 'agent' }, {}, 'names the user'],
      ['a session without a user', {}, { userId: 'ann' }, 'without a user'],
    ])('an entry needs a user on both sides: %s', async (_, own, data, message) => {
      await open();
      const token = await app.manager.createSession(own);
      const messages: string[] = [];
      does(async (session) => {
        await session.actAs(data).catch((error: Error) => messages.push(error.message));
      });
      await act(token).expect(200);
      expect(messages).toEqual([expect.stringContaining(message)]);
      await expect(app.manager.retrieveSession(token)).resolves.toEqual(own);
    });

    it('with deviceBound an entry is refused', async () => {
      await open({ deviceBound: { within: 5 * MINUTE } });
      const agent = await app.manager.createSession({ userId: 'agent' });
      const messages: string[] = [];
      does(async (session) => {
        await session
          .actAs({ userId: 'ann' })
          .catch((error: Error) => messages.push(error.message));
      });
      await act(agent).expect(200);
      expect(messages).toEqual([expect.stringContaining('deviceBound')]);
    });

    it("a login of the agent after the acting session has expired ends the agent's own session", async () => {
      await open();
      const agent = await app.manager.createSession({ userId: 'agent' });
      const entry = await app.http().post('/act-as/ann').set('Cookie', cookieOf(agent)).expect(200);
      app.clock.advance(HOUR);
      await app.http().post('/login/bob').set('Cookie', cookieOf(entry.body.token)).expect(200);
      await expect(app.manager.listSessions('agent')).resolves.toEqual([]);
      await expect(app.manager.listSessions('agent', { ended: true })).resolves.toMatchObject([
        { endReason: 'replaced' },
      ]);
    });

    it('a logout of the agent ends also the session to which a thief of the cookie returned', async () => {
      await open();
      const agent = await app.manager.createSession({ userId: 'agent' });
      const entry = await app.http().post('/act-as/ann').set('Cookie', cookieOf(agent)).expect(200);
      const acting = cookieOf(entry.body.token);
      const stolen = await app.http().post('/return').set('Cookie', acting).expect(200);
      const logout = await app.http().post('/logout').set('Cookie', acting).expect(200);
      expect(cookiesOf(logout)[0]).toContain('Max-Age=0');
      const { body } = await app.http().get('/me').set('Cookie', cookieOf(stolen.body.token));
      expect(body).toMatchObject({ code: 'SESSION_ENDED', reason: 'logout' });
    });

    it('events name the agent', async () => {
      await open();
      const events: SessionEvent[] = [];
      const agent = await app.manager.createSession({ userId: 'agent' });
      app.manager.events$.subscribe((event) => void events.push(event));
      const entry = await app.http().post('/act-as/ann').set('Cookie', cookieOf(agent)).expect(200);
      await app.http().post('/logout').set('Cookie', cookieOf(entry.body.token)).expect(200);
      const acting = { userId: 'ann', actorId: 'agent' };
      expect(events).toMatchObject([
        { type: 'created', ...acting },
        { type: 'regenerated' },
        { type: 'removed', reason: 'logout', ...acting },
        { type: 'removed', reason: 'logout', userId: 'agent' },
      ]);
    });
  });
});
