import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Controller, Get, Module, UseGuards, type CanActivate, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { SessionGuard, SessionsModule } from 'nestjs-server-sessions';
import {
  describeAdapters,
  withServer,
  type Client,
  type Harness,
  type LoadableSnippet,
} from '../support/docs/harness.js';
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

type RolesOf = Map<string, readonly string[]>;

/** Serves the controller of the page to users who have these roles. */
async function withRoles(
  { file }: LoadableSnippet,
  adapter: AbstractHttpAdapter,
  work: (client: Client, roles: RolesOf) => Promise<void>,
): Promise<void> {
  const load = (name: string) => import(join(dirname(file), `${name}.js`));
  const { Users } = await load('roles.guard');
  const { OrdersController } = await load('orders.controller');
  const roles: RolesOf = new Map();
  @Module({
    imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
    controllers: [OrdersController, VisitorController],
    providers: [{ provide: Users, useValue: { rolesOf: async (id: string) => roles.get(id) } }],
  })
  class AppModule {}
  await withServer(AppModule, adapter, (client) => work(client, roles));
}

const rolesGuard: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the snippet reads the roles for each request', async () => {
      await withRoles(snippet, adapter(), async (client, roles) => {
        expect(await client('GET', '/orders')).toMatchObject({
          status: 401,
          body: { code: 'SESSION_MISSING' },
        });
        await client('POST', '/login');
        expect(await client('GET', '/orders')).toMatchObject({
          status: 401,
          body: { message: 'Log in first.' },
        });
        roles.set('ann', ['customer']);
        expect(await client('GET', '/orders')).toMatchObject({
          status: 403,
          body: { message: 'Your account may not do this.' },
        });
        roles.set('ann', ['customer', 'support']);
        expect(await client('GET', '/orders')).toMatchObject({ status: 200 });
      });
    });
  });
};

const orders: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the roles of a handler take precedence over those of its class', async () => {
      await withRoles(snippet, adapter(), async (client, roles) => {
        await client('POST', '/login');
        roles.set('ann', ['support']);
        expect(await client('DELETE', '/orders/1')).toMatchObject({ status: 403 });
        roles.set('ann', ['admin']);
        expect(await client('DELETE', '/orders/1')).toEqual({
          status: 200,
          body: { removed: '1' },
        });
      });
    });
  });
};

export const USER_HARNESSES: Readonly<Record<string, Harness>> = {
  'current-user': currentUser,
  'roles.guard': rolesGuard,
  'orders.controller': orders,
};
