import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionEndedError,
  SessionsModule,
  type SessionEvent,
  type SessionManager,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { cookieOf, expectRefusal } from '../support/http/responses.js';

interface Data {
  userId?: string;
  basket?: string[];
  page?: string;
}

/** Logins and updates that race with each other, on each database. */
const RACES = 40;

/** An application on a table, beside a manager with connections of its own. */
class Shop {
  readonly acting = actingController<Data>();
  readonly events: SessionEvent[] = [];
  sessions!: TestSessions<Data>;
  manager!: SessionManager<Data>;
  app!: TestApp;

  async open(
    database: Parameters<typeof openSessions>[0],
    options: SessionsModuleOptions = {},
  ): Promise<void> {
    this.sessions = await openSessions(database);
    const { manager, sequelize, tableName, clock } = this.sessions;
    this.manager = manager;
    this.app = await startApp(ADAPTERS[0]!, {
      controllers: [this.acting.controller],
      sessions: SessionsModule.forRoot({
        connection: sequelize,
        tableName,
        clock,
        timeout: LONG_TIMEOUT_MS,
        ...options,
      }),
    });
    this.app.manager.events$.subscribe((event) => void this.events.push(event));
  }

  act(token: string) {
    return this.app.http().post('/act').set('Cookie', cookieOf(token));
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.sessions.close();
  }
}

describe('a login that carries values of the session before it', () => {
  describeDatabases((database) => {
    let shop: Shop;
    beforeEach(() => {
      shop = new Shop();
    });
    afterEach(() => shop.close());

    it('the basket of a visitor goes over to the login, as it is at that moment', async () => {
      await shop.open(database);
      const visitor = await shop.manager.createSession({ basket: ['tea'], page: '/tea' });
      shop.acting.does(async (session) => {
        await shop.manager.updateSession(visitor, (data) => void data.basket!.push('cup'));
        return { token: await session.start({ userId: 'ann' }, { carry: ['basket'] }) };
      });
      const { body } = await shop.act(visitor).expect(200);
      const data = { userId: 'ann', basket: ['tea', 'cup'] };
      await expect(shop.manager.retrieveSession(body.token)).resolves.toEqual(data);
      await expect(shop.manager.retrieveSession(visitor)).rejects.toMatchObject({
        reason: 'replaced',
      });
      const [id, next] = [visitor, body.token].map((token) => token.split('.')[0]);
      expect(shop.events).toMatchObject([
        { type: 'removed', id, reason: 'replaced' },
        { type: 'created', id: next, userId: 'ann' },
      ]);
    });

    it('a login carries the newest data if the session before changes before its insert', async () => {
      await shop.open(database, { maxSessionsPerUser: 1, cleanup: { retention: 0 } });
      const lost: string[] = [];
      for (let race = 0; race < RACES; race++) {
        const visitor = await shop.manager.createSession({ basket: [] });
        shop.acting.does(async (session) => ({
          token: await session.start({ userId: 'ann' }, { carry: ['basket'] }),
        }));
        const stored: string[] = [];
        const add = async (product: string) => {
          await shop.manager.updateSession(visitor, (data) => void data.basket!.push(product));
          stored.push(product);
        };
        const [login] = await Promise.all([
          shop.act(visitor).expect(200),
          ...['tea', 'cup', 'pot'].map((product) => add(product).catch(expectEnd)),
        ]);
        const { basket } = await shop.manager.retrieveSession(login.body.token);
        lost.push(...stored.filter((product) => !basket!.includes(product)));
        expect(await shop.manager.countSessions('ann')).toBe(1);
      }
      expect(lost).toEqual([]);
    });

    it('of two logins that carry the same session, one gets its basket and the other a 409', async () => {
      await shop.open(database);
      for (let race = 0; race < 10; race++) {
        const visitor = await shop.manager.createSession({ basket: ['tea'] });
        let logins = 0;
        let begin!: () => void;
        const both = new Promise<void>((resolve) => (begin = resolve));
        shop.acting.does(async (session) => {
          if (++logins === 2) {
            begin();
          }
          await both;
          return { token: await session.start({ userId: `u${race}` }, { carry: ['basket'] }) };
        });
        const responses = await Promise.all([shop.act(visitor), shop.act(visitor)]);
        const [first, second] = responses.toSorted((a, b) => a.status - b.status);
        expect(first!.status).toBe(200);
        expectRefusal(second!, 'SESSION_CONFLICT');
        const [only, ...others] = await shop.manager.listSessions(`u${race}`);
        expect(only!.id).toBe(first!.body.token.split('.')[0]);
        expect(others).toEqual([]);
        const { basket } = await shop.manager.retrieveSession(first!.body.token);
        expect(basket).toEqual(['tea']);
      }
    });

    it('a login that the limit refuses leaves the session of the visitor as it is', async () => {
      await shop.open(database, { maxSessionsPerUser: 1, onSessionLimit: 'reject' });
      await shop.manager.createSession({ userId: 'ann' });
      const visitor = await shop.manager.createSession({ basket: ['tea'] });
      shop.acting.does((session) => session.start({ userId: 'ann' }, { carry: ['basket'] }));
      expectRefusal(await shop.act(visitor), 'SESSION_LIMIT');
      await expect(shop.manager.retrieveSession(visitor)).resolves.toEqual({ basket: ['tea'] });
    });

    it('a visitor who logs out meanwhile gets a 409, and no session', async () => {
      await shop.open(database);
      const visitor = await shop.manager.createSession({ basket: ['tea'] });
      shop.acting.does(async (session) => {
        await shop.manager.removeSession(visitor);
        return session.start({ userId: 'ann' }, { carry: ['basket'] });
      });
      expectRefusal(await shop.act(visitor), 'SESSION_CONFLICT');
      await expect(shop.manager.countSessions()).resolves.toBe(0);
    });
  });
});

/** An update may come too late, and is then told so. With `retention: 0` there is no row that says why. */
function expectEnd(error: unknown): void {
  expect(error).toMatchObject({ code: 'ERR_SESSION_NOT_FOUND' });
  expect(error).not.toBeInstanceOf(SessionEndedError);
}
