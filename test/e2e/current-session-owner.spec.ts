import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bearerOf } from '../support/http/responses.js';
import { actingController, type Act } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

interface Account {
  userId?: string | null;
}

describeAdapters((adapter) => {
  let app: TestApp<Account>;
  let token: string;
  const { controller, does } = actingController<Account>();

  beforeEach(async () => {
    app = await startApp(adapter, { controllers: [controller] });
    token = await app.manager.createSession({ userId: 'ann' });
    await app.manager.createSession({ userId: 'ann' });
    await app.manager.createSession({ userId: 'bob' });
  });
  afterEach(() => app.close());

  const act = (next: Act<Account>) => {
    does(next);
    return app.http().post('/act').set('Authorization', bearerOf(token));
  };

  describe('CurrentSession.list()', () => {
    it('list() shows the sessions of the new user after a rotation to that user', async () => {
      const answer = await act(async (session) => {
        await session.regenerate({ change: () => ({ userId: 'bob' }) });
        return session.list();
      });
      expect(answer.body).toHaveLength(2);
      expect(answer.body.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    });

    it('list() shows only this session after it has lost its owner', async () => {
      const answer = await act(async (session) => {
        await session.update({ userId: null });
        return session.list();
      });
      expect(answer.body).toEqual([expect.objectContaining({ current: true })]);
    });
  });

  it.each<[string, Act<Account>]>([
    ['start', (session) => session.start({}, { expiretime: 1 } as object)],
    ['regenerate', (session) => session.regenerate({ grase: 1 } as object)],
    ['regenerate', (session) => session.regenerate({ change: 5 as never })],
  ])('%s() refuses meaningless options and changes nothing', async (_, next) => {
    const answer = await act(next);
    expect(answer.status).toBe(500);
    expect(app.logger.lines('error').join()).toContain('SessionsConfigurationError');
    await expect(app.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
  });

  it('a response that was sent before start() finished causes an error that says to await it', async () => {
    let message: Promise<string> = Promise.resolve('');
    await act((session, response) => {
      message = session.start({ userId: 'eve' }).catch((error: Error) => error.message);
      (response.raw ?? response).write('begun');
      (response.raw ?? response).end();
      return message;
    });
    await expect(message).resolves.toContain('await session.start(…)');
    expect(await app.manager.listSessions('eve')).toEqual([]);
  });
});
