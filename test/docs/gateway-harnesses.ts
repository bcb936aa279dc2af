import { expect, it } from '@jest/globals';
import { Module, type Type } from '@nestjs/common';
import { SessionsModule } from 'nestjs-server-sessions';
import { io } from 'socket.io-client';
import { describeAdapters, withServer, type Harness } from '../support/docs/harness.js';
import { VisitorController } from '../support/docs/visitor.controller.js';
import { cookieOf } from '../support/http/responses.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

const ORIGIN = 'https://shop.example';

/** Connects with these headers. Returns the client, and the error if it is refused. */
async function connect(url: string, extraHeaders: Record<string, string>, transport = 'websocket') {
  const client = io(url, { transports: [transport], extraHeaders, reconnection: false });
  const error = await new Promise<string | undefined>((resolve) => {
    client.once('connect', () => resolve(undefined));
    client.once('connect_error', ({ message }) => resolve(message));
  });
  if (error !== undefined) {
    client.close();
  }
  return { client, error };
}

const accountGateway: Harness = ({ load }) => {
  describeAdapters((adapter) => {
    it('the gateway accepts a live session of the right origin, until the session ends', async () => {
      const { AccountGateway } = await load<{ AccountGateway: Type }>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [VisitorController],
        providers: [AccountGateway],
      })
      class AppModule {}

      process.env['APP_ORIGIN'] = ORIGIN;
      try {
        await withServer(AppModule, adapter(), async (visitor, _, app) => {
          const url = await app.getUrl();
          const { token } = (await visitor('POST', '/login')).body;
          const cookie = cookieOf(token);
          const rejections = await unhandledRejectionsOf(async () => {
            for (const headers of [
              {},
              { origin: ORIGIN },
              { cookie },
              { cookie, origin: 'https://evil.example' },
              { cookie: cookieOf('x'), origin: ORIGIN },
            ]) {
              expect(await connect(url, headers)).toMatchObject({ error: 'Log in first.' });
            }
            expect(await connect(url, { cookie, origin: ORIGIN }, 'polling')).toMatchObject({
              error: 'xhr poll error',
            });
          });
          expect(rejections).toEqual([]);
          const { client, error } = await connect(url, { cookie, origin: ORIGIN });
          expect(error).toBeUndefined();
          const closed = new Promise((resolve) => client.once('disconnect', resolve));
          await visitor('POST', '/logout');
          expect(await closed).toBe('io server disconnect');
          expect(await connect(url, { cookie, origin: ORIGIN })).toMatchObject({
            error: 'Log in first.',
          });
        });
      } finally {
        delete process.env['APP_ORIGIN'];
      }
    });
  });
};

export const GATEWAY_HARNESSES: Readonly<Record<string, Harness>> = {
  'account.gateway': accountGateway,
};
