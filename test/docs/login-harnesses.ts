import { expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Module,
  Post,
  UseGuards,
  type CanActivate,
  type Type,
} from '@nestjs/common';
import { getConnectionToken } from '@nestjs/sequelize';
import {
  CurrentSession,
  SessionGuard,
  SessionManager,
  SessionsModule,
} from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { importSession } from '../support/sessions/legacy-sessions.js';
import { VisitorController } from '../support/docs/visitor.controller.js';

const rememberMe: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet keeps a user for 30 days on request, others for half an hour or until the browser closes', async () => {
      const { RememberMeModule } = await load<{ RememberMeModule: Type }>();
      await withServer(RememberMeModule, adapter(), async (_, __, app) => {
        const url = `${await app.getUrl()}/login`;
        const login = async (form: Record<string, string>) => {
          const body = new URLSearchParams({ name: 'ann', ...form });
          const { headers } = await fetch(url, { method: 'POST', body });
          const cookie = headers.getSetCookie()[0]!;
          const token = /=([^;]*)/.exec(cookie)![1]!;
          const { createdAt, expiresAt } = await app.get(SessionManager).inspectSession(token);
          return {
            maxAge: /Max-Age=(\d+)/.exec(cookie)?.[1],
            minutes: (expiresAt.getTime() - createdAt.getTime()) / 60_000,
          };
        };
        expect(await login({})).toEqual({ maxAge: undefined, minutes: 30 });
        const days = 30 * 24 * 60;
        expect(await login({ remember: 'on' })).toEqual({ maxAge: `${days * 60}`, minutes: days });
      });
    });
  });
};

const signedIn: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet lets only logged in users pass, with or without a visitor session', async () => {
      const { SignedInGuard } = await load<{ SignedInGuard: Type<CanActivate> }>();

      @Controller()
      class AccountController {
        @Post('basket')
        async fill(@CurrentSession() session: CurrentSession): Promise<void> {
          await session.start({ userId: null, basket: ['apple'] });
        }

        @Get('account')
        @UseGuards(SessionGuard, SignedInGuard)
        show(): string {
          return 'account';
        }
      }

      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [AccountController, VisitorController],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (client) => {
        expect(await client('GET', '/account')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_MISSING' },
        });
        await client('POST', '/basket');
        expect(await client('GET', '/account')).toMatchObject({
          status: 401,
          body: { message: 'Log in first.' },
        });
        await client('POST', '/login');
        expect(await client('GET', '/account')).toEqual({ status: 200, body: 'account' });
      });
    });
  });
};

/** Renews the session of each request. */
@Controller()
class RenewingController {
  @Post('renew')
  async renew(@CurrentSession() session: CurrentSession): Promise<void> {
    await session.renew();
  }
}

const moved: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet accepts the cookie of the old application and replaces it', async () => {
      const { MovedModule } = await load<{ MovedModule: Type }>();
      @Module({ imports: [MovedModule], controllers: [RenewingController] })
      class AppModule {}
      await withServer(AppModule, adapter(), async (_, __, app) => {
        const manager = app.get(SessionManager);
        const sequelize = app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'));
        const target = { manager, sequelize, tableName: 'server_sessions' };
        const { token, id } = await importSession(target, { userId: 'ann' });
        const { headers } = await fetch(`${await app.getUrl()}/renew`, {
          method: 'POST',
          headers: { cookie: `token=${token}` },
        });
        expect(headers.getSetCookie()).toEqual([expect.stringContaining(`token=${id}.`)]);
      });
    });
  });
};

export const LOGIN_HARNESSES: Readonly<Record<string, Harness>> = {
  'signed-in.guard': signedIn,
  'remember-me.module': rememberMe,
  'moved.module': moved,
};
