import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { getConnectionToken, SequelizeModule } from '@nestjs/sequelize';
import { CurrentSession, SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { cookieOf } from '../support/http/responses.js';
import { ADAPTERS, startApp, type TestApp } from '../support/applications/applications.js';
import { printTable } from '../support/processes/markdown-table.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { SIZES } from './sizes.js';

/** Connections of the application's pool. */
const POOL = 5;

let handled = 0;

@Controller()
class VisitController {
  @Get('visit')
  @UseGuards(SessionGuard)
  visit(): { handled: number } {
    return { handled: ++handled };
  }

  @Post('login')
  @HttpCode(200)
  async login(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.start({ userId: 'ann' });
  }
}

interface Answer {
  readonly status: number;
  readonly code: unknown;
  readonly cookie: string | null;
  readonly retryAfter: string | null;
  readonly after: number;
}

describeOwnServers((server) => {
  describe.each(ADAPTERS)('$name', (adapter) => {
    let app: TestApp;
    let connection: Sequelize;
    let tokens: string[];

    beforeEach(async () => {
      app = await startApp(adapter, {
        controllers: [VisitController],
        imports: [
          SequelizeModule.forRoot({ ...server().options, pool: { max: POOL }, logging: false }),
        ],
        sessions: SessionsModule.forRoot({ connection: 'default', cleanup: false }),
      });
      connection = app.app.get<Sequelize>(getConnectionToken(), { strict: false });
      const users = Array.from({ length: 20 }, (_, user) => ({ userId: `user ${user}` }));
      tokens = await Promise.all(users.map((data) => app.manager.createSession(data)));
      await Promise.all(tokens.map((token) => ask('visit', token)));
      handled = 0;
    });
    afterEach(async () => {
      server().thaw();
      await app.close();
    });

    const ask = async (path: string, token?: string): Promise<Answer> => {
      const start = performance.now();
      const answer = await fetch(`http://127.0.0.1:${app.port}/${path}`, {
        method: path === 'login' ? 'POST' : 'GET',
        headers: token === undefined ? {} : { Cookie: cookieOf(token) },
      });
      const body = await answer.text();
      return {
        status: answer.status,
        code: body && (JSON.parse(body) as { code?: unknown }).code,
        cookie: answer.headers.get('set-cookie'),
        retryAfter: answer.headers.get('retry-after'),
        after: performance.now() - start,
      };
    };

    /** Sends all requests, three of four from a logged-in user, and expects that each response asks to retry later. */
    const expectAllRefused = async (): Promise<number> => {
      const asked = Array.from({ length: SIZES.requests }, (_, number) =>
        number % 4 === 0 ? ask('login') : ask('visit', tokens[number % tokens.length]),
      );
      const answers = await Promise.all(asked);
      const refusals = new Set(answers.map(({ after: _, ...answer }) => JSON.stringify(answer)));
      expect([...refusals].map((answer) => JSON.parse(answer) as unknown)).toEqual([
        { status: 503, code: 'SESSION_STORE_UNAVAILABLE', cookie: null, retryAfter: '1' },
      ]);
      expect(handled).toBe(0);
      const slowest = Math.max(...answers.map(({ after }) => after));
      expect(slowest).toBeLessThan(SIZES.answered);
      return Math.round(slowest);
    };

    /** Sends a request every few milliseconds until one succeeds; returns how long that took. */
    const expectBack = async (): Promise<number> => {
      const start = performance.now();
      let succeeded: number | undefined;
      const attempts: Promise<void>[] = [];
      while (succeeded === undefined) {
        attempts.push(
          ask('visit', tokens[0]).then(({ status }) => {
            expect([200, 503]).toContain(status);
            if (status === 200) {
              succeeded ??= performance.now() - start;
            }
          }),
        );
        await pause(20);
      }
      await Promise.all(attempts);
      expect(succeeded).toBeLessThan(SIZES.back);
      return Math.round(succeeded);
    };

    const print = (what: string, slowest: number, back: number) =>
      printTable(`${what}: ${server().kind.name}, ${adapter.name}, ${SIZES.requests} requests`, [
        { 'slowest 503 after ms': slowest, 'back after ms': back },
      ]);

    it('every request gets its error in time while the server is frozen, and succeeds after the thaw', async () => {
      server().freeze();
      const slowest = await expectAllRefused();
      const again = await expectAllRefused();
      server().thaw();
      print('Frozen server', Math.max(slowest, again), await expectBack());
    });

    it('every request gets its error in time while transactions of the application hold the whole pool', async () => {
      const taken = await Promise.all(Array.from({ length: POOL }, () => connection.transaction()));
      const slowest = await expectAllRefused().finally(() =>
        Promise.all(taken.map((transaction) => transaction.commit())),
      );
      print('Pool held by transactions', slowest, await expectBack());
    });
  });
});
