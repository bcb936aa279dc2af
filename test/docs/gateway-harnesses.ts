import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { io } from 'socket.io-client';
import { describeAdapters, type Harness } from '../support/docs/harness.js';
import { VisitorController } from '../support/docs/visitor.controller.js';
import { cookieOf } from '../support/http/responses.js';
import { eventually } from '../support/promises/eventually.js';
import { describeSockets, opened, SOCKET_KINDS } from '../support/sockets/socket-kinds.js';

type Configure = (app: INestApplication) => void;

/** Lets the application of the snippets listen while `work` connects to it. */
async function withChat(
  file: string,
  adapter: Parameters<typeof NestFactory.create>[1] & object,
  configure: Configure,
  work: (port: number, app: INestApplication) => Promise<void>,
): Promise<void> {
  const { ChatModule } = await import(join(dirname(file), 'chat.module.js'));
  @Module({ imports: [ChatModule], controllers: [VisitorController] })
  class AppModule {}

  const app = await NestFactory.create(AppModule, adapter as never, { logger: false });
  configure(app);
  try {
    await app.listen(0, '127.0.0.1');
    await work((app.getHttpServer().address() as AddressInfo).port, app);
  } finally {
    await app.close();
  }
}

/** Logs in, and returns the Cookie header. */
async function login(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/login`, { method: 'POST' });
  return cookieOf(((await response.json()) as { token: string }).token);
}

const logout = (port: number, cookie: string) =>
  fetch(`http://127.0.0.1:${port}/logout`, { method: 'POST', headers: { cookie } });

const chatGateway: Harness = ({ file, load }) => {
  describeAdapters((adapter) => {
    describeSockets((kind) => {
      it('the gateway knows the visitor, until the session ends', async () => {
        const { ChatGateway } = await load<{
          ChatGateway: Type<{ present: Map<object, string> }>;
        }>();
        const configure: Configure = (app) => void app.useWebSocketAdapter(kind.adapter(app));
        await withChat(file, adapter(), configure, async (port, app) => {
          expect(await kind.connect(port)).toEqual(kind.refusal(401, 'SESSION_MISSING', false));
          const cookie = await login(port);
          const socket = await opened(kind.connect(port, { cookie }));
          expect(await socket.ask('say', 'Hello')).toEqual({
            event: 'said',
            data: { author: 'ann', text: 'Hello' },
          });
          expect(await socket.ask('draft')).toEqual({ event: 'drafts', data: 1 });
          expect(await socket.ask('draft')).toEqual({ event: 'drafts', data: 2 });
          const { present } = app.get(ChatGateway);
          expect([...present.values()]).toEqual(['ann']);
          const other = await opened(kind.connect(port, { cookie }));
          await eventually(async () => expect([...present.values()]).toEqual(['ann', 'ann']));
          other.close();
          await eventually(async () => expect([...present.values()]).toEqual(['ann']));
          await logout(port, cookie);
          expect(await socket.closed).toMatchObject({ code: 'SESSION_LOGOUT' });
          await eventually(async () => expect(present.size).toBe(0));
        });
      });
    });
  });
};

const chatModule: Harness = ({ file }) => {
  describeAdapters((adapter) => {
    it('the module starts with the adapter that Nest chooses', async () => {
      await withChat(
        file,
        adapter(),
        () => undefined,
        async (port) => {
          const { connect } = SOCKET_KINDS.find(({ name }) => name === 'Socket.IO')!;
          const socket = await opened(connect(port, { cookie: await login(port) }));
          socket.close();
        },
      );
    });
  });
};

const chatClient: Harness = ({ file, load }) => {
  describeAdapters((adapter) => {
    it('the client shows the login when the session has ended, and if there is none', async () => {
      const { watchLogin } = await load<{
        watchLogin: (socket: object, showLogin: (code: string) => void) => void;
      }>();
      await withChat(
        file,
        adapter(),
        () => undefined,
        async (port) => {
          const cookie = await login(port);
          const codes: string[] = [];
          const client = io(`http://127.0.0.1:${port}`, { extraHeaders: { cookie } });
          const shown = () =>
            new Promise((resolve) => watchLogin(client, (code) => resolve(codes.push(code))));
          const first = shown();
          await new Promise<void>((resolve) => client.once('connect', resolve));
          await logout(port, cookie);
          await first;
          expect(codes[0]).toBe('SESSION_LOGOUT');
          const second = shown();
          client.connect();
          await second;
          expect(codes.at(-1)).toBe('SESSION_ENDED');
          client.close();
        },
      );
    });
  });
};

export const GATEWAY_HARNESSES: Readonly<Record<string, Harness>> = {
  'chat.module': chatModule,
  'chat.gateway': chatGateway,
  'chat-client': chatClient,
};
