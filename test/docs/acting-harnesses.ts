import { expect, it } from '@jest/globals';
import { Controller, Module, Param, Post, type Type } from '@nestjs/common';
import { CurrentSession, SessionsModule } from 'nestjs-server-sessions';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { TestClock } from '../support/sessions/test-clock.js';

const MINUTE = 60_000;

@Controller()
class LoginController {
  @Post('login/:user')
  async login(
    @Param('user') userId: string,
    @CurrentSession() session: CurrentSession,
  ): Promise<void> {
    await session.start(userId === 'agent' ? { userId, role: 'agent' } : { userId });
  }
}

export const ACTING_HARNESSES: Readonly<Record<string, Harness>> = {
  'acting.controller': ({ load }) => {
    describeAdapters((adapter) => {
      it('the snippet lets an agent look as a customer, and return after the end of the time', async () => {
        const { SupportController, OrdersController } =
          await load<Record<'SupportController' | 'OrdersController', Type>>();
        const clock = new TestClock();
        @Module({
          imports: [SessionsModule.forRoot({ storagePath: ':memory:', clock })],
          controllers: [LoginController, SupportController, OrdersController],
        })
        class AppModule {}
        await withServer(AppModule, adapter(), async (agent, newClient) => {
          const customer = newClient();
          await customer('POST', '/login/ann');
          expect((await customer('POST', '/support/act-as/bob')).status).toBe(403);
          expect((await customer('POST', '/orders')).body).toEqual({ orderOf: 'ann' });
          await agent('POST', '/login/agent');
          expect((await agent('POST', '/support/act-as/ann')).status).toBe(200);
          const seen = { ordersOf: 'ann', seenBy: 'agent' };
          expect((await agent('GET', '/orders')).body).toEqual(seen);
          expect((await agent('POST', '/orders')).status).toBe(403);
          clock.advance(10 * MINUTE);
          expect((await agent('GET', '/orders')).status).toBe(401);
          expect((await agent('POST', '/support/return')).status).toBe(200);
          expect((await agent('GET', '/orders')).body).toEqual({ ordersOf: 'agent' });
        });
      });
    });
  },
};
