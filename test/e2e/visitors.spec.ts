import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CurrentSession } from 'nestjs-server-sessions';
import { z } from 'zod';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf, expectRefusal } from '../support/http/responses.js';

interface Data {
  userId?: string;
  basket?: string[];
  language?: string | undefined;
  page?: string;
}

describeAdapters((adapter) => {
  const { controller, does } = actingController<Data>();
  let app: TestApp<Data>;

  beforeAll(async () => {
    app = await startApp(adapter, { controllers: [controller] });
  });
  afterAll(() => app.close());

  const act = (token?: string) =>
    app
      .http()
      .post('/act')
      .set(token === undefined ? {} : { Cookie: cookieOf(token) });

  /** Logs ann in with `carry`, in a request with a session of this data. */
  const logIn = async (before: Data, data: Data, carry: readonly (keyof Data)[]) => {
    does(async (session) => {
      await session.start(data, { carry });
      return session.data;
    });
    const { body } = await act(await app.manager.createSession(before)).expect(200);
    return body;
  };

  it('a login carries the listed keys of the session before it, and no other', async () => {
    const before = { basket: ['tea'], language: 'de', page: '/tea' };
    const data = await logIn(before, { userId: 'ann' }, ['basket', 'language', 'basket']);
    expect(data).toEqual({ userId: 'ann', basket: ['tea'], language: 'de' });
  });

  it("a value of the login's own data takes precedence, unless it is undefined", async () => {
    const before = { basket: ['tea'], language: 'de' };
    const own = { userId: 'ann', basket: [], language: undefined };
    const data = await logIn(before, own, ['basket', 'language']);
    expect(data).toEqual({ userId: 'ann', basket: [], language: 'de' });
  });

  it('a login carries from the session of the same user, and nothing from that of another', async () => {
    const own = await logIn({ userId: 'ann', basket: ['tea'] }, { userId: 'ann' }, ['basket']);
    expect(own).toEqual({ userId: 'ann', basket: ['tea'] });
    const other = await logIn({ userId: 'bob', basket: ['rum'] }, { userId: 'ann' }, ['basket']);
    expect(other).toEqual({ userId: 'ann' });
  });

  it('the data of another user does not make a login too large', async () => {
    const half = 'x'.repeat(40_000);
    const before = { userId: 'bob', basket: [half] };
    const data = await logIn(before, { userId: 'ann', language: half }, ['basket']);
    expect(data).toEqual({ userId: 'ann', language: half });
  });

  it('a bearer token carries too', async () => {
    does((session) => session.start({ userId: 'ann' }, { carry: ['basket'] }));
    const visitor = await app.manager.createSession({ basket: ['tea'] });
    const { text } = await app.http().post('/act').set('Authorization', bearerOf(visitor));
    await expect(app.manager.retrieveSession(text)).resolves.toMatchObject({ basket: ['tea'] });
  });

  it('a login without a session before it, or with one that has ended, carries nothing', async () => {
    does((session) => session.start({ userId: 'ann' }, { carry: ['basket'] }));
    const ended = await app.manager.createSession({ basket: ['tea'] });
    await app.manager.removeSession(ended);
    for (const token of [undefined, ended]) {
      const { text } = await act(token).expect(200);
      await expect(app.manager.retrieveSession(text)).resolves.toEqual({ userId: 'ann' });
    }
  });

  it('a token in its grace carries the newest data', async () => {
    const visitor = await app.manager.createSession({ basket: ['tea'] });
    const next = await app.manager.regenerateSession(visitor, { grace: 60_000 });
    await app.manager.updateSession(next, { basket: ['tea', 'cup'] });
    does((session) => session.start({ userId: 'ann' }, { carry: ['basket'] }));
    const { text } = await act(visitor).expect(200);
    await expect(app.manager.retrieveSession(text)).resolves.toMatchObject({
      basket: ['tea', 'cup'],
    });
  });

  it.each([
    ['a string', 'basket', "carry must be a list of keys of the data, such as ['basket'], got"],
    ['an empty key', [''], 'carry must be a list'],
  ])('start() refuses %s as carry', async (_, carry, message) => {
    does(async (session) => {
      const options = { carry } as unknown as { carry: ['basket'] };
      const error = await session.start({}, options).catch((thrown: Error) => thrown.message);
      return { error, exists: session.exists };
    });
    const { body } = await act();
    expect(body).toEqual({ error: expect.stringContaining(message), exists: false });
  });

  it('start() refuses to carry into data that is not an object', async () => {
    does(async (session) => {
      const started = session.start('ann' as Data, { carry: ['basket'] });
      return { error: await started.catch((thrown: Error) => thrown.message) };
    });
    const { body } = await act(await app.manager.createSession({ basket: ['tea'] }));
    expect(body.error).toContain('its data is not an object');
  });

  it('carry only takes keys of the data', () => {
    const check = (session: CurrentSession<Data>) => [
      session.start({}, { carry: ['basket'] }),
      // @ts-expect-error: no key of the data
      session.start({}, { carry: ['baskets'] }),
    ];
    expect(check).toBeInstanceOf(Function);
  });
});

const schema = z.object({
  userId: z.string().optional(),
  basket: z.array(z.string()).max(3).default([]),
});

describeAdapters((adapter) => {
  it('the schema checks the carried values together with those of the login', async () => {
    const { controller, does } = actingController<any>();
    const app = await startApp(adapter, { controllers: [controller], options: { schema } });
    const logIn = async (basket: string[]) => {
      const visitor = await app.manager.createSession({ basket });
      return app.http().post('/act').set('Cookie', cookieOf(visitor));
    };
    does(async (session) => {
      await session.start({ userId: 'ann' }, { carry: ['basket'] });
      return session.data;
    });
    expect((await logIn(['tea'])).body).toEqual({ userId: 'ann', basket: ['tea'] });
    does((session) => session.start({ userId: 7 }, { carry: ['basket'] }));
    expectRefusal(await logIn(['tea']), 'SESSION_DATA');
    await expect(app.manager.countSessions()).resolves.toBe(2);
    await app.close();
  });
});
