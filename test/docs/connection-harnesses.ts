import { once } from 'node:events';
import { request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, it } from '@jest/globals';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { SessionsModule, type SessionRecord } from 'nestjs-server-sessions';
import { cookieOf } from '../support/http/responses.js';
import { eventually } from '../support/promises/eventually.js';
import {
  describeAdapters,
  withServer,
  type Client,
  type Harness,
} from '../support/docs/harness.js';
import { VisitorController } from '../support/docs/visitor.controller.js';

/** A response whose body is read in parts. */
interface Stream {
  readonly status: number;
  /** Returns the next part. */
  readonly next: () => Promise<string>;
  /** Returns everything until the server ends the response. */
  readonly rest: () => Promise<string>;
}

async function openStream(app: INestApplication, token: string): Promise<Stream> {
  const response = await fetch(`${await app.getUrl()}/live`, {
    headers: { cookie: cookieOf(token) },
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const next = async () => (await reader.read()).value ?? '';
  return {
    status: response.status,
    next,
    rest: async () => {
      let text = '';
      for (let part = await next(); part !== ''; part = await next()) {
        text += part;
      }
      return text;
    },
  };
}

const live: Harness = (snippet) => {
  describeAdapters((adapter) => {
    const withLive = async (
      work: (client: Client, stream: (token: string) => Promise<Stream>) => Promise<void>,
    ) => {
      const { LiveController } = await snippet.load<{ LiveController: Type }>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [VisitorController, LiveController],
      })
      class AppModule {}
      await withServer(AppModule, adapter(), (client, _, app) =>
        work(client, (token) => openStream(app, token)),
      );
    };

    it('the stream runs until the logout', () =>
      withLive(async (client, stream) => {
        const { token } = (await client('POST', '/login')).body;
        const { status, next, rest } = await stream(token);
        expect(status).toBe(200);
        expect(await next()).not.toBe('');
        await client('POST', '/logout');
        await rest();
        expect((await stream(token)).status).toBe(401);
      }));

    it('the stream runs until the session expires', () =>
      withLive(async (client, stream) => {
        const { token } = (await client('POST', '/login/5000')).body;
        const { status, rest } = await stream(token);
        expect(status).toBe(200);
        expect(await rest()).toContain('"count":0');
        expect((await stream(token)).status).toBe(401);
      }));
  });
};

interface UpgradesSnippet {
  readonly SessionUpgrades: Type<{
    handle(
      request: IncomingMessage,
      socket: Duplex,
      accept: (session: SessionRecord) => void,
    ): Promise<void>;
  }>;
}

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket';

/** Returns the status of the response to an upgrade, and the connection if it was accepted. */
async function upgrade(server: Server, headers: Record<string, string>) {
  const { port } = server.address() as AddressInfo;
  const asked = request({
    port,
    headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers },
  });
  const answer = Promise.race([once(asked, 'upgrade'), once(asked, 'response')]);
  asked.end();
  const [{ statusCode }, socket] = (await answer) as [IncomingMessage, Duplex | undefined];
  return { statusCode, socket };
}

const UNREAD_UPGRADE =
  'GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nunread';

const sessionUpgrades: Harness = (snippet) => {
  describeAdapters((adapter) => {
    it('the gateway accepts a live session of the right origin, until the session ends', async () => {
      const { SessionUpgrades } = await snippet.load<UpgradesSnippet>();
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' })],
        controllers: [VisitorController],
        providers: [SessionUpgrades],
      })
      class AppModule {}
      const origin = 'https://shop.example';
      process.env['APP_ORIGIN'] = origin;
      try {
        await withServer(AppModule, adapter(), async (client, _, app) => {
          const users: unknown[] = [];
          const sockets: Duplex[] = [];
          const server: Server = app.getHttpServer();
          server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
            sockets.push(socket);
            void app.get(SessionUpgrades).handle(incoming, socket, ({ userId }) => {
              users.push(userId);
              socket.write(`${SWITCHING}\r\n\r\n`);
            });
          });
          const { token } = (await client('POST', '/login')).body;
          const cookie = `other=1; ${cookieOf(token)}`;
          const refused = [{}, { origin }, { cookie }, { cookie, origin: 'https://evil.example' }];
          for (const headers of refused) {
            expect(await upgrade(server, headers)).toMatchObject({ statusCode: 401 });
          }
          // Data that nobody reads, on a connection that the client does not close.
          const silent = connect({
            port: (server.address() as AddressInfo).port,
            allowHalfOpen: true,
          });
          silent.on('error', () => {}).write(UNREAD_UPGRADE);
          try {
            await eventually(async () => expect(sockets).toHaveLength(refused.length + 1));
            await eventually(async () =>
              expect(sockets.every(({ destroyed }) => destroyed)).toBe(true),
            );
          } finally {
            // A socket that stays open would keep the application from closing.
            silent.destroy();
            sockets.forEach((each) => each.destroy());
          }
          const { statusCode, socket } = await upgrade(server, { cookie, origin });
          expect([statusCode, users]).toEqual([101, ['ann']]);
          const closed = once(socket!.resume(), 'close');
          await client('POST', '/logout');
          await closed;
          expect(await upgrade(server, { cookie, origin })).toMatchObject({ statusCode: 401 });
        });
      } finally {
        delete process.env['APP_ORIGIN'];
      }
    });
  });
};

export const CONNECTION_HARNESSES: Readonly<Record<string, Harness>> = {
  'live.controller': live,
  'session-upgrades': sessionUpgrades,
};
