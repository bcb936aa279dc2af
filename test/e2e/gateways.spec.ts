import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { UseFilters, type INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { SessionExceptionFilter, SessionManager } from 'nestjs-server-sessions';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';

/** A message to a client: the name of an event and its data. */
type Heard = [event: string, data: unknown][];

@WebSocketGateway()
@UseFilters(SessionExceptionFilter)
class AccountGateway {
  #refused!: () => void;
  readonly #whenRefused = new Promise<void>((resolve) => (this.#refused = resolve));

  constructor(private readonly sessions: SessionManager) {}

  @SubscribeMessage('account')
  async account(@MessageBody() token: string): Promise<unknown> {
    try {
      return await this.sessions.retrieveSession(token);
    } finally {
      this.#refused();
    }
  }

  /** Responds after the response to the previous message. */
  @SubscribeMessage('ping')
  async ping(): Promise<{ event: string; data: string }> {
    await this.#whenRefused;
    await setImmediate();
    return { event: 'pong', data: 'here' };
  }
}

/** Returns what a client of `ws` gets, up to the pong. */
async function heardByWebSocket(port: number): Promise<Heard> {
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const heard: Heard = [];
  const answered = new Promise<void>((resolve) => {
    client.on('message', (frame) => {
      const { event, data } = JSON.parse((frame as Buffer).toString());
      heard.push([event, data]);
      if (event === 'pong') {
        resolve();
      }
    });
  });
  await once(client, 'open');
  client.send(JSON.stringify({ event: 'account', data: 'nonsense' }));
  client.send(JSON.stringify({ event: 'ping' }));
  await answered;
  client.close();
  await once(client, 'close');
  return heard;
}

/** Returns what a client of Socket.IO gets, up to the pong. */
async function heardBySocketIo(port: number): Promise<Heard> {
  const client = io(`http://127.0.0.1:${port}`);
  const heard: Heard = [];
  const answered = new Promise<void>((resolve) => {
    client.onAny((event: string, data: unknown) => {
      heard.push([event, data]);
      if (event === 'pong') {
        resolve();
      }
    });
  });
  client.emit('account', 'nonsense');
  client.emit('ping');
  await answered;
  client.disconnect();
  return heard;
}

describeAdapters((adapter) => {
  let app: TestApp;
  afterEach(() => app.close());

  it.each([
    ['ws', (nest: INestApplication) => new WsAdapter(nest), heardByWebSocket],
    ['Socket.IO', (nest: INestApplication) => new IoAdapter(nest), heardBySocketIo],
  ])('SessionExceptionFilter sends its errors to a client of %s', async (...row) => {
    const [, sockets, heardBy] = row;
    app = await startApp(adapter, {
      providers: [AccountGateway],
      configure: (nest) => void nest.useWebSocketAdapter(sockets(nest)),
    });
    expect(await heardBy(app.port)).toEqual([
      ['exception', expect.objectContaining({ statusCode: 401, code: 'SESSION_NOT_FOUND' })],
      ['pong', 'here'],
    ]);
  });
});
