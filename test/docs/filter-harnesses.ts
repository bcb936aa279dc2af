import { expect, it } from '@jest/globals';
import { Controller, Get, Module, Post, UseGuards, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { getConnectionToken } from '@nestjs/sequelize';
import {
  CurrentSession,
  SessionGuard,
  SessionManager,
  SessionsModule,
} from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { RecordingLogger } from '../support/applications/recording-logger.js';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { VisitorController } from '../support/docs/visitor.controller.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

/** A guarded page, and a change that JSON can't hold. */
@Controller()
@UseGuards(SessionGuard)
class AccountController {
  @Get('account')
  show(): string {
    return 'account';
  }

  @Post('account')
  async change(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.update(() => ({ userId: 'ann', balance: NaN }));
  }
}

function moduleWith(filter: Type): Type {
  @Module({
    imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
    controllers: [VisitorController, AccountController],
    providers: [{ provide: APP_FILTER, useClass: filter }],
  })
  class AppModule {}
  return AppModule;
}

const DAMAGED = { status: 500, body: { code: 'SESSION_DATA' } };

const unreadable: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    const withFilter = async (...work: [Parameters<typeof withServer>[2]]) => {
      const { UnreadableSessionFilter } = await load<{ UnreadableSessionFilter: Type }>();
      await withServer(moduleWith(UnreadableSessionFilter), adapter(), ...work);
    };

    it('the filter ends a session that can not be read', () =>
      withFilter(async (client, _, app) => {
        await client('POST', '/login');
        await app
          .get<Sequelize>(getConnectionToken('nestjs-server-sessions'))
          .query("UPDATE server_sessions SET data = '{'");
        expect(await client('GET', '/account')).toMatchObject(DAMAGED);
        await expect(app.get(SessionManager).countSessions()).resolves.toBe(0);
        expect(await client('GET', '/account')).toMatchObject({ status: 401 });
      }));

    it('the filter keeps a session for which a write was refused', () =>
      withFilter(async (client) => {
        await client('POST', '/login');
        expect(await client('POST', '/account')).toMatchObject(DAMAGED);
        expect(await client('GET', '/account')).toEqual({ status: 200, body: 'account' });
      }));

    it('the filter sends the error and ends no process if the session can not be ended', () =>
      withFilter(async (client, _, app) => {
        await client('POST', '/login');
        const database = app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'));
        await database.query("UPDATE server_sessions SET data = '{'");
        await database.query(
          "CREATE TRIGGER kept BEFORE UPDATE ON server_sessions BEGIN SELECT RAISE(ABORT, 'kept'); END",
        );
        const rejections = await unhandledRejectionsOf(async () => {
          expect(await client('GET', '/account')).toMatchObject(DAMAGED);
        });
        expect(rejections).toEqual([]);
        expect(await client('GET', '/account')).toMatchObject(DAMAGED);
      }));
  });
};

const failureLog: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the filter logs the session of a failed request, and no request of a stranger ends the process', async () => {
      const { FailureLogFilter } = await load<{ FailureLogFilter: Type }>();
      const logger = new RecordingLogger();
      await withServer(
        moduleWith(FailureLogFilter),
        adapter(),
        async (client, _, app) => {
          await client('POST', '/login');
          const [session] = await app.get(SessionManager).listSessions('ann');
          expect(await client('GET', '/nothing')).toMatchObject({ status: 404 });
          const rejections = await unhandledRejectionsOf(async () => {
            const headers = { origin: 'https://evil.example' };
            const foreign = { method: 'POST', headers };
            const { status } = await fetch(`${await app.getUrl()}/nothing`, foreign);
            expect(status).toBe(404);
          });
          expect(rejections).toEqual([]);
          expect(logger.lines('warn')).toEqual([
            expect.stringContaining(
              `NotFoundException in a request with the session ${session!.id}`,
            ),
            expect.stringContaining('NotFoundException in a request with the session undefined'),
          ]);
        },
        logger,
      );
    });
  });
};

export const FILTER_HARNESSES: Readonly<Record<string, Harness>> = {
  'unreadable-session.filter': unreadable,
  'failure-log.filter': failureLog,
};
