import { expect, it } from '@jest/globals';
import { Controller, Get, Module, UseGuards, type CanActivate, type Type } from '@nestjs/common';
import { SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { VisitorController } from '../support/docs/visitor.controller.js';

const currentUser: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the snippet gives handlers the user as it is now, and refuses a deleted one', async () => {
      const { CurrentUser, UserGuard, Users } = await load<{
        CurrentUser: () => ParameterDecorator;
        UserGuard: Type<CanActivate>;
        Users: Type;
      }>();
      const users = new Map([['ann', { id: 'ann', name: 'Ann' }]]);

      @Controller()
      class AccountController {
        @Get('account')
        @UseGuards(SessionGuard, UserGuard)
        show(@CurrentUser() user: { name: string }): string {
          return user.name;
        }
      }

      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [AccountController, VisitorController],
        providers: [{ provide: Users, useValue: { find: async (id: string) => users.get(id) } }],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), async (client) => {
        expect(await client('GET', '/account')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_MISSING' },
        });
        await client('POST', '/login');
        expect(await client('GET', '/account')).toEqual({ status: 200, body: 'Ann' });
        users.set('ann', { id: 'ann', name: 'Anna' });
        expect(await client('GET', '/account')).toEqual({ status: 200, body: 'Anna' });
        users.clear();
        expect(await client('GET', '/account')).toMatchObject({
          status: 401,
          body: { message: 'Log in first.' },
        });
      });
    });
  });
};

export const USER_HARNESSES: Readonly<Record<string, Harness>> = { 'current-user': currentUser };
