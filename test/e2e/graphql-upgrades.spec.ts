import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import { Query, Resolver, Subscription } from '@nestjs/graphql';
import { SessionGuard } from 'nestjs-server-sessions';
import {
  describeDrivers,
  startGraphqlApp,
  type GraphqlApp,
} from '../support/graphql/graphql-apps.js';
import { connectGraphql } from '../support/graphql/graphql-client.js';
import { cookieOf } from '../support/http/responses.js';
import { closedUpgrade, resetUpgrade, STRANGE_UPGRADES } from '../support/http/upgrades.js';

@Resolver()
class ClockResolver {
  @Query(() => String)
  open(): string {
    return 'open';
  }

  @Subscription(() => String)
  @UseGuards(SessionGuard)
  async *ticks(): AsyncGenerator<{ ticks: string }> {
    yield { ticks: 'tick' };
  }
}

describeDrivers((stack) => {
  let app: GraphqlApp;

  beforeEach(async () => {
    app = await startGraphqlApp(stack, { providers: [ClockResolver] });
  });
  afterEach(() => app.close());

  const server = () => app.app.getHttpServer() as Server;
  const firstTick = async () => {
    const token = await app.manager.createSession({ name: 'ann' });
    const client = connectGraphql(app.port, { headers: { cookie: cookieOf(token) } });
    const first = await client.first('subscription { ticks }');
    await client.dispose();
    return first;
  };

  it.each<[string, string]>([...STRANGE_UPGRADES, ['/graphql', '['], ['/graphqlx', 'localhost']])(
    'a client that resets its upgrade of %s at %s does not end the process',
    async (target, host) => {
      await resetUpgrade(app.port, target, host);
      expect(await firstTick()).toEqual({ data: { ticks: 'tick' } });
    },
  );

  if (stack.driver === 'Apollo') {
    it('an upgrade that nobody takes is closed, even if the client keeps it', async () => {
      expect(await closedUpgrade(server(), '/x')).toBe('');
      expect(await firstTick()).toEqual({ data: { ticks: 'tick' } });
    });

    it('a listener of the application can take an upgrade later', async () => {
      const response = 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n';
      server().on('upgrade', (request: { url: string }, socket: Duplex) => {
        if (request.url === '/own') {
          setTimeout(() => socket.end(response), 50);
        }
      });
      expect(await closedUpgrade(server(), '/own')).toBe(response);
    });
  }
});
