import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CurrentSession } from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { bearerOf, cookieOf, cookiesOf, secretOf } from '../support/http/responses.js';

interface Visits {
  userId?: string | null;
  pages: string[];
}

const HOUR = 60 * 60 * 1000;
const DATA: Visits = { userId: 'ada', pages: ['/secret-page'] };

describeAdapters((adapter) => {
  const { controller, does } = actingController<Visits>();
  let app: TestApp<Visits>;

  beforeAll(async () => {
    app = await startApp(adapter, {
      controllers: [controller],
      options: { expireTime: 2 * HOUR, renewTimestamp: 3 * HOUR },
    });
  });
  afterAll(() => app.close());

  const create = () => app.manager.createSession(DATA);
  const act = (token?: string) =>
    app
      .http()
      .post('/act')
      .set(token === undefined ? {} : { Cookie: cookieOf(token) });

  describe('calls at the same time', () => {
    it('parallel calls do not undo the changes of each other', async () => {
      does(async (session) => {
        await Promise.all([session.update({ ...DATA, pages: ['/new'] }), session.renew()]);
        return { data: session.data };
      });
      expect((await act(await create())).body).toEqual({ data: { ...DATA, pages: ['/new'] } });
    });

    it('parallel calls set no cookie for a session that one of them ended', async () => {
      does(async (session) => {
        await Promise.allSettled([session.end(), session.regenerate()]);
        return { exists: session.exists };
      });
      const answer = await act(await create());
      expect(answer.body).toEqual({ exists: false });
      expect(cookiesOf(answer).join()).toContain('Max-Age=0');
    });
  });

  describe('a live CurrentSession', () => {
    it('a live CurrentSession has id, data and expiresAt', async () => {
      const token = await create();
      does(({ exists, id, data, expiresAt }) => ({ exists, id, data, expiresAt }));
      expect((await act(token)).body).toEqual({
        exists: true,
        id: token.split('.')[0],
        data: DATA,
        expiresAt: new Date(app.clock.now() + 2 * HOUR).toISOString(),
      });
    });

    it('the data of CurrentSession is read-only', async () => {
      does((session) => session.data!.pages.push('/lost'));
      expect((await act(await create())).status).toBe(500);
    });

    it('CurrentSession shows neither token nor data in JSON and inspect', async () => {
      const token = await create();
      const show = (session: CurrentSession<Visits>) => ({
        shown: [
          JSON.stringify(session),
          inspect(session, { depth: 20, showHidden: true }),
          Object.entries(session).join(),
        ].join(),
      });
      does(show);
      const { shown } = (await act(token)).body;
      expect(shown).toContain(token.split('.')[0]);
      expect(shown).not.toContain(secretOf(token));
      expect(shown).not.toContain('secret-page');
    });
  });

  describe('update', () => {
    it('update() replaces the data and returns the new data', async () => {
      const token = await create();
      const next = { userId: 'ada', pages: ['/tea'] };
      does(async (session) => ({ given: await session.update(next), seen: session.data }));
      expect((await act(token)).body).toEqual({ given: next, seen: next });
      await expect(app.manager.retrieveSession(token)).resolves.toEqual(next);
    });

    it('update() changes the data by a function, also by an asynchronous one', async () => {
      const token = await create();
      does(async (session) => {
        await session.update((data) => {
          data.pages.push('/tea');
        });
        return session.update(async (data) => ({ ...data, pages: [...data.pages, '/milk'] }));
      });
      const changed = { userId: 'ada', pages: ['/secret-page', '/tea', '/milk'] };
      expect((await act(token)).body).toEqual(changed);
      await expect(app.manager.retrieveSession(token)).resolves.toEqual(changed);
    });

    it('update() keeps every change of 50 parallel requests', async () => {
      const token = await create();
      let number = 0;
      does(async (session) => {
        const page = `/${number++}`;
        await session.update((data) => {
          data.pages.push(page);
        });
      });
      const answers = await Promise.all(Array.from({ length: 50 }, () => act(token)));
      expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
      const { pages } = await app.manager.retrieveSession(token);
      const expected = ['/secret-page', ...Array.from({ length: 50 }, (_, each) => `/${each}`)];
      expect(pages.toSorted()).toEqual(expected.toSorted());
    });

    it('the caller can change the objects that update() got and returned', async () => {
      does(async (session) => {
        const next = { pages: ['/tea'] };
        const given = await session.update(next);
        next.pages.push('/mine');
        given.pages.push('/mine too');
        return session.data;
      });
      expect((await act(await create())).body.pages).toEqual(['/tea']);
    });

    it('update() renews the session and its expiresAt, and sends no cookie', async () => {
      const token = await create();
      app.clock.advance(HOUR);
      does(async (session) => {
        await session.update(DATA);
        return { expiresAt: session.expiresAt };
      });
      const answer = await act(token);
      const { expiresAt } = await app.manager.inspectSession(token);
      expect(expiresAt.getTime()).toBe(app.clock.now() + 3 * HOUR);
      expect(answer.body).toEqual({ expiresAt: expiresAt.toISOString() });
      expect(cookiesOf(answer)).toEqual([]);
    });

    it.each<[string, Visits, string | undefined]>([
      ['keeps the owner of a session whose data names none', { pages: [] }, 'ada'],
      ['clears the owner where the data names null', { userId: null, pages: [] }, undefined],
    ])('update() %s', async (_, next, userId) => {
      const token = await create();
      does((session) => session.update(next));
      expect((await act(token)).status).toBe(200);
      expect((await app.manager.inspectSession(token)).userId).toBe(userId);
    });
  });

  describe('renew', () => {
    it('renew() guarantees renewTimestamp from now, and sends no cookie', async () => {
      const token = await create();
      app.clock.advance(HOUR);
      does(async (session) => {
        await session.renew();
        return { expiresAt: session.expiresAt };
      });
      const answer = await act(token);
      const { expiresAt, version } = await app.manager.inspectSession(token);
      expect(expiresAt.getTime()).toBe(app.clock.now() + 3 * HOUR);
      expect(version).toBe(1);
      expect(answer.body).toEqual({ expiresAt: expiresAt.toISOString() });
      expect(cookiesOf(answer)).toEqual([]);
    });
  });

  describe('end', () => {
    it('end() removes the row of a bearer and sends no cookie', async () => {
      const token = await create();
      does(async (session) => {
        await session.end();
        return { exists: session.exists, data: session.data };
      });
      const answer = await app.http().post('/act').set('Authorization', bearerOf(token));
      expect(answer.body).toEqual({ exists: false });
      expect(cookiesOf(answer)).toEqual([]);
      await expect(app.manager.retrieveSession(token)).rejects.toThrow('no session');
    });

    it('end() can be called again without another statement', async () => {
      const token = await create();
      does(async (session) => {
        await session.end();
        await session.end();
      });
      const statements = await app.statementsOf(() => act(token).expect(200));
      expect(statements.map((sql) => sql.split(' ')[0])).toEqual(['SELECT', 'UPDATE']);
    });
  });
});
