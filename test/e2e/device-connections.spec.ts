import { afterEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, Post, UseGuards } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { CurrentSession, Session, SessionGuard } from 'nestjs-server-sessions';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import { connectGraphql } from '../support/graphql/graphql-client.js';
import { describeDrivers, startGraphqlApp } from '../support/graphql/graphql-apps.js';
import { DeviceBrowser } from '../support/http/device-browser.js';
import { startSockets } from '../support/sockets/socket-app.js';
import { describeSockets, opened } from '../support/sockets/socket-kinds.js';

const WITHIN = 600_000;
/** More than the time in which a bound session still counts without a proof, or with an earlier one. */
const LATE = WITHIN + 15_000;
const OPTIONS = { deviceBound: { within: WITHIN }, watch: { interval: 20 } };

@Controller('member')
class MemberController {
  @Post('login')
  async login(@Body() data: object, @CurrentSession() session: CurrentSession): Promise<void> {
    await session.start(data);
  }
}

@Resolver()
class NameResolver {
  @Query(() => String)
  @UseGuards(SessionGuard)
  name(@Session('name') name: string): string {
    return name;
  }
}

/** Logs in, and binds the session. */
async function boundBrowser(app: TestApp): Promise<DeviceBrowser> {
  const browser = new DeviceBrowser(app);
  await browser.login('Ada', '/member');
  expect(await browser.register()).toMatchObject({ status: 200 });
  return browser;
}

const cookiesOf = ({ cookies }: DeviceBrowser) =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');

describe('a connection that a bound cookie opened', () => {
  let app: TestApp;
  afterEach(() => app.close());

  describeAdapters((adapter) => {
    describeSockets((kind) => {
      it('is closed at the end of the cookie, and the client connects again with the next one', async () => {
        app = await startSockets(adapter, kind, {
          controllers: [MemberController],
          options: OPTIONS,
        });
        const browser = await boundBrowser(app);
        const connect = () => kind.connect(app.port, { cookie: cookiesOf(browser) });
        const socket = await opened(connect());
        app.clock.advance(LATE);
        expect(await socket.closed).toEqual({
          code: 'SESSION_DEVICE',
          by: kind.name === 'ws' ? 4401 : 'transport close',
        });
        expect(await connect()).toEqual(kind.refusal(401, 'SESSION_DEVICE', false));
        await browser.refresh();
        const next = await opened(connect());
        expect(await next.ask('name')).toEqual({ event: 'name', data: 'Ada' });
        next.close();
      });
    });
  });

  describeDrivers((stack) => {
    it('is closed with 4403 in GraphQL, after which clients connect again', async () => {
      app = await startGraphqlApp(stack, {
        controllers: [MemberController],
        providers: [NameResolver],
        options: OPTIONS,
        ...(stack.driver === 'Mercurius' && {
          graphql: { subscription: { fullWsTransport: true } },
        }),
      });
      const browser = await boundBrowser(app);
      const connect = () => connectGraphql(app.port, { headers: { cookie: cookiesOf(browser) } });
      const client = connect();
      await client.connected;
      app.clock.advance(LATE);
      expect(await client.closed).toEqual({ code: 4403, reason: 'SESSION_DEVICE' });
      await browser.refresh();
      const next = connect();
      expect(await next.first('{ name }')).toMatchObject({ data: { name: 'Ada' } });
      await next.dispose();
    });
  });
});
