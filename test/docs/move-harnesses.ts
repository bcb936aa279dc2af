import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import session from 'express-session';
import { SessionManager, SessionsModule } from 'nestjs-server-sessions';
import type { Harness, LoadableSnippet } from '../support/docs/harness.js';

/** A browser that sends its cookies to every instance. */
class Browser {
  readonly cookies = new Map<string, string>();

  names(): string[] {
    return [...this.cookies.keys()].toSorted();
  }

  async send(app: INestApplication, method: string, path: string, form?: Record<string, string>) {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ');
    return this.sendWith({ cookie }, app, method, path, form);
  }

  async sendWith(
    headers: Record<string, string>,
    app: INestApplication,
    method: string,
    path: string,
    form?: Record<string, string>,
  ) {
    const body = form ? new URLSearchParams(form) : null;
    const response = await fetch((await app.getUrl()) + path, { method, headers, body });
    for (const changed of response.headers.getSetCookie()) {
      const [name = '', value = ''] = changed.split(';')[0]!.split(/=(.*)/);
      this.cookies.set(name, value);
      if (value === '') {
        this.cookies.delete(name);
      }
    }
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text) };
  }
}

interface MoveSnippets {
  readonly Step1Controller: Type;
  readonly Step2Module: Type;
}

/** The instances that run together while sessions move, and a browser that has logged in before. */
interface Fleet {
  readonly store: session.MemoryStore;
  readonly step1: INestApplication;
  readonly step2: INestApplication;
  readonly sessions: SessionManager;
  readonly browser: Browser;
}

/** Runs `work` with an instance of each step: all have one old store and one new table. */
async function withFleet(
  { file }: LoadableSnippet,
  work: (fleet: Fleet) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  const store = new session.MemoryStore();
  const started: INestApplication[] = [];
  const start = async (imports: Type[], controllers: Type[]) => {
    const storagePath = join(folder, 'sessions.sqlite');
    @Module({ imports: [SessionsModule.forRoot({ storagePath }), ...imports], controllers })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false });
    started.push(app);
    app.use(session({ secret: 'a secret', store, resave: false, saveUninitialized: false }));
    await app.listen(0, '127.0.0.1');
    return app;
  };
  try {
    const load = (name: string): Promise<MoveSnippets> => import(join(dirname(file), name));
    const { Step1Controller } = await load('step-1.controller.js');
    const { Step2Module } = await load('step-2.module.js');
    const step1 = await start([], [Step1Controller]);
    const step2 = await start([Step2Module], []);
    const browser = new Browser();
    await browser.send(step1, 'POST', '/login', { name: 'ann' });
    await work({ store, step1, step2, browser, sessions: step2.get(SessionManager) });
  } finally {
    await Promise.all(started.map((app) => app.close()));
    rmSync(folder, { recursive: true });
  }
}

const OLD = 'connect.sid';
const NEW = '__Host-id';
const EMPTY = { status: 200, body: [] };
const REFUSED = { status: 401 };

const step1: Harness = (snippet) => {
  it('the application works as before the move', () =>
    withFleet(snippet, async (fleet) => {
      expect(fleet.browser.names()).toEqual([OLD]);
      expect(await fleet.browser.send(fleet.step1, 'GET', '/basket')).toEqual(EMPTY);
      await fleet.browser.send(fleet.step1, 'POST', '/logout');
      expect(await fleet.browser.send(fleet.step1, 'GET', '/basket')).toMatchObject(REFUSED);
    }));
};

const moveSessions: Harness = (snippet) => {
  it('the first request moves a session and its data', () =>
    withFleet(snippet, async ({ step2, browser, sessions }) => {
      expect(await browser.send(step2, 'GET', '/basket')).toEqual(EMPTY);
      expect(browser.names()).toEqual([NEW, OLD]);
      await expect(sessions.retrieveSession(browser.cookies.get(NEW)!)).resolves.toEqual({
        userId: 'ann',
        basket: [],
      });
      browser.cookies.delete(OLD);
      expect(await browser.send(step2, 'GET', '/basket')).toEqual(EMPTY);
    }));

  it('a request that changes the session moves it too', () =>
    withFleet(snippet, async ({ step2, browser }) => {
      await browser.send(step2, 'POST', '/basket', { product: 'apple' });
      expect(await browser.send(step2, 'GET', '/basket')).toEqual({ status: 200, body: ['apple'] });
    }));

  it('parallel first requests of a page get one session and lose no change', () =>
    withFleet(snippet, async ({ step2, browser, sessions }) => {
      const cookie = `${OLD}=${browser.cookies.get(OLD)}`;
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          browser.sendWith({ cookie }, step2, 'POST', '/basket', { product: `${index}` }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
      await expect(sessions.listSessions('ann')).resolves.toHaveLength(1);
      const { body } = await browser.send(step2, 'GET', '/basket');
      expect(body.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `${index}`));
    }));

  it.each([
    `theme=${NEW}=`,
    `theme="a, ${NEW}=x"`,
    `x${NEW}=1`,
    `\u00a0${NEW}=1`,
    `${NEW.toLowerCase()}=1`,
    NEW,
    `${NEW}x=1`,
  ])('a cookie of another host that looks like the new one prevents no move: %j', (planted) =>
    withFleet(snippet, async ({ step2, browser }) => {
      const old = `${OLD}=${browser.cookies.get(OLD)}`;
      for (const cookie of [`${planted}; ${old}`, `${old}; ${planted}`, `${old};\t${planted}`]) {
        expect(await browser.sendWith({ cookie }, step2, 'GET', '/basket')).toEqual(EMPTY);
      }
    }),
  );

  it('a session that has ended is not brought back by the move', () =>
    withFleet(snippet, async ({ step1: old, step2, browser, sessions }) => {
      await browser.send(step2, 'GET', '/basket');
      await sessions.removeUserSessions('ann');
      expect(await browser.send(step2, 'GET', '/basket')).toMatchObject(REFUSED);
      browser.cookies.delete(NEW);
      expect(await browser.send(step2, 'GET', '/basket')).toMatchObject(REFUSED);
      expect(await browser.send(old, 'GET', '/basket')).toEqual(EMPTY);
    }));

  it('a session that a change of password ends during its move does not live on', () =>
    withFleet(snippet, async ({ step2, browser, sessions, store }) => {
      const get = store.get.bind(store);
      let reads = 0;
      store.get = (id, done) =>
        get(id, (...result) => {
          if (++reads !== 2) {
            done(...result);
            return;
          }
          // The move has read the session. The password is changed before the session moves.
          store.clear(async () => {
            await sessions.removeUserSessions('ann');
            done(...result);
          });
        });
      const cookie = `${OLD}=${browser.cookies.get(OLD)}`;
      expect(await browser.send(step2, 'GET', '/basket')).toMatchObject(REFUSED);
      expect(reads).toBe(3);
      await expect(sessions.listSessions('ann')).resolves.toEqual([]);
      expect(await browser.sendWith({ cookie }, step2, 'GET', '/basket')).toMatchObject(REFUSED);
      await expect(sessions.listSessions('ann')).resolves.toEqual([]);
    }));

  it('visitors, forged cookies and pages of other origins get no session by the move', () =>
    withFleet(snippet, async ({ step2, browser, sessions }) => {
      expect(await new Browser().send(step2, 'GET', '/basket')).toMatchObject(REFUSED);
      const cookie = `${OLD}=${browser.cookies.get(OLD)}`;
      const forged = `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`;
      expect(await browser.sendWith({ cookie: forged }, step2, 'GET', '/basket')).toMatchObject(
        REFUSED,
      );
      const foreign = { cookie, 'sec-fetch-site': 'cross-site' };
      expect(
        await browser.sendWith(foreign, step2, 'POST', '/basket', { product: 'apple' }),
      ).toMatchObject({ status: 403, body: { code: 'SESSION_CROSS_ORIGIN' } });
      await expect(sessions.listSessions('ann')).resolves.toEqual([]);
    }));
};

const step2: Harness = (snippet) => {
  it('a user who logs in on either step stays logged in on both', () =>
    withFleet(snippet, async (fleet) => {
      for (const step of ['step1', 'step2'] as const) {
        const browser = new Browser();
        await browser.send(fleet[step], 'POST', '/login', { name: 'ben' });
        expect(await browser.send(fleet.step1, 'GET', '/basket')).toEqual(EMPTY);
        expect(await browser.send(fleet.step2, 'GET', '/basket')).toEqual(EMPTY);
        await expect(fleet.sessions.listSessions('ben')).resolves.toHaveLength(1);
        await fleet.sessions.removeUserSessions('ben');
      }
    }));

  it('a logout on either step ends both sessions', () =>
    withFleet(snippet, async (fleet) => {
      for (const step of ['step1', 'step2'] as const) {
        const browser = new Browser();
        await browser.send(fleet.step1, 'POST', '/login', { name: 'ben' });
        await browser.send(fleet.step2, 'GET', '/basket');
        const cookies = new Map(browser.cookies);
        expect(await browser.send(fleet[step], 'POST', '/logout')).toMatchObject({ status: 201 });
        for (const [name, value] of cookies) {
          browser.cookies.clear();
          browser.cookies.set(name, value);
          expect(await browser.send(fleet.step1, 'GET', '/basket')).toMatchObject(REFUSED);
          expect(await browser.send(fleet.step2, 'GET', '/basket')).toMatchObject(REFUSED);
        }
      }
    }));

  it('another user can log in on a browser that the first user left', () =>
    withFleet(snippet, async (fleet) => {
      for (const step of ['step1', 'step2'] as const) {
        await fleet.browser.send(fleet.step2, 'POST', '/login', { name: 'ann' });
        await fleet.browser.send(fleet[step], 'POST', '/login', { name: 'ben' });
        await fleet.browser.send(fleet.step2, 'POST', '/basket', { product: 'apple' });
        const token = fleet.browser.cookies.get(NEW)!;
        await expect(fleet.sessions.retrieveSession(token)).resolves.toEqual({
          userId: 'ben',
          basket: ['apple'],
        });
        await expect(fleet.sessions.listSessions('ann')).resolves.toEqual([]);
      }
    }));
};

export const MOVE_HARNESSES: Readonly<Record<string, Harness>> = {
  'step-1.controller': step1,
  'move-sessions.middleware': moveSessions,
  'step-2.module': step2,
};
