import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  SessionGuard,
  SessionsModule,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { actingController } from '../support/applications/acting-controller.js';
import { cookieOf } from '../support/http/responses.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import {
  DATABASES,
  describeDatabases,
  EMBEDDED_FILES,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { listenToStatements } from '../support/databases/statement-listener.js';

@Controller()
class GuardedController {
  @Get('account')
  @UseGuards(SessionGuard)
  show(): string {
    return 'account';
  }
}

/** The session of the requests, and an application on the same table (`e2e/rotation` tests each framework). */
class Shop {
  readonly acting = actingController();
  readonly events: SessionEvent[] = [];
  sessions!: TestSessions;
  app!: TestApp;
  /** The cookie of the requests. */
  old!: string;
  /** The newest token of that session. */
  newest!: string;

  async open(
    database: Parameters<typeof openSessions>[0],
    options: SessionsModuleOptions,
  ): Promise<void> {
    this.sessions = await openSessions(database);
    const { manager, sequelize, tableName, clock } = this.sessions;
    this.old = this.newest = await manager.createSession({ userId: 'ann' });
    clock.advance(1);
    this.app = await startApp(ADAPTERS[0]!, {
      controllers: [this.acting.controller, GuardedController],
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

  async close(): Promise<void> {
    await this.app.close();
    await this.sessions.close();
  }

  /** Rotates the session, as parallel requests do. */
  async rotate(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      this.newest = await this.sessions.manager.regenerateSession(this.newest);
    }
  }

  /** Logs ann in with a request whose session is rotated so often between its lookup and its `start()`. */
  async logIn(rotations: number) {
    this.acting.does(async (session) => {
      await this.rotate(rotations);
      return { token: await session.start({ userId: 'ann' }) };
    });
    return this.app.http().post('/act').set('Cookie', cookieOf(this.old));
  }

  async liveIds(): Promise<string[]> {
    const live = await this.sessions.manager.listSessions('ann');
    return live.map(({ id }) => id);
  }

  async account(token: string) {
    const { status, body } = await this.app.http().get('/account').set('Cookie', cookieOf(token));
    return { status, code: body.code };
  }
}

const idOf = (token: string) => token.split('.')[0]!;

describe('a login during rotations of the session that it replaces', () => {
  describeDatabases((database) => {
    let shop: Shop;
    beforeEach(() => {
      shop = new Shop();
    });
    afterEach(() => shop.close());

    const types = () => shop.events.map(({ type }) => type);

    it.each([0, 1])(
      'a login replaces a session that was rotated %i times meanwhile, as its token can still end it',
      async (rotations) => {
        await shop.open(database, { maxSessionsPerUser: 1 });
        const { body } = await shop.logIn(rotations);
        expect(await shop.liveIds()).toEqual([idOf(body.token)]);
        expect(types()).toEqual(['removed', 'created']);
      },
    );

    it('a session rotated twice counts against the limit and is evicted as the oldest, with an event', async () => {
      await shop.open(database, { maxSessionsPerUser: 1 });
      const { status, body } = await shop.logIn(2);
      expect(status).toBe(200);
      expect(await shop.liveIds()).toEqual([idOf(body.token)]);
      expect(types()).toEqual(['evicted', 'created']);
      await expect(shop.account(shop.newest)).resolves.toEqual({
        status: 401,
        code: 'SESSION_ENDED',
      });
    });

    it('a session rotated more than a minute ago counts against the limit, as its token can not end it', async () => {
      await shop.open(database, { maxSessionsPerUser: 1 });
      shop.acting.does(async (session) => {
        await shop.rotate(1);
        shop.sessions.clock.advance(60_000);
        return { token: await session.start({ userId: 'ann' }) };
      });
      const { body } = await shop.app.http().post('/act').set('Cookie', cookieOf(shop.old));
      expect(await shop.liveIds()).toEqual([idOf(body.token)]);
      expect(types()).toEqual(['evicted', 'created']);
    });

    it('a login is refused after two rotations if the limit rejects, and nothing changes', async () => {
      await shop.open(database, { maxSessionsPerUser: 1, onSessionLimit: 'reject' });
      shop.acting.does(async (session) => {
        await shop.rotate(2);
        await session.start({ userId: 'ann' });
      });
      const { status, body } = await shop.app.http().post('/act').set('Cookie', cookieOf(shop.old));
      expect({ status, code: body.code }).toEqual({ status: 429, code: 'SESSION_LIMIT' });
      expect(await shop.liveIds()).toEqual([idOf(shop.old)]);
      await expect(shop.account(shop.newest)).resolves.toMatchObject({ status: 200 });
    });

    it('a session rotated twice lives on beside the login if there is no limit', async () => {
      await shop.open(database, {});
      const { body } = await shop.logIn(2);
      expect(await shop.liveIds()).toEqual([idOf(body.token), idOf(shop.old)]);
      expect(types()).toEqual(['created']);
    });
  });

  // A file has one writer, so there no rotation runs while a login writes.
  describeDatabases(
    (database) => {
      it('a login keeps the limit, however often the session is rotated before it writes', async () => {
        const shop = new Shop();
        await shop.open(database, { maxSessionsPerUser: 1 });
        let rotating: Promise<void> | undefined;
        const stop = listenToStatements(shop.sessions.sequelize, (text) => {
          // The last that a login reads before it writes.
          if (text.includes('ORDER BY') && !rotating) {
            rotating = shop.rotate(2);
            return rotating;
          }
          return undefined;
        });
        const { body } = await shop.logIn(0);
        stop();
        expect(await shop.liveIds()).toEqual([idOf(body.token)]);
        await shop.close();
      });
    },
    DATABASES.filter((database) => !EMBEDDED_FILES.includes(database)),
  );
});
