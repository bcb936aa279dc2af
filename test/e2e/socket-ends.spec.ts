import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  ConnectedSocket,
  SubscribeMessage,
  WebSocketGateway,
  type WsException,
} from '@nestjs/websockets';
import {
  getCurrentSession,
  init,
  Session,
  SessionGuard,
  type SessionManager,
} from 'nestjs-server-sessions';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import { cookieOf } from '../support/http/responses.js';
import { eventually } from '../support/promises/eventually.js';
import { AccountGateway, type AccountSession } from '../support/sockets/account.gateway.js';
import { loginCookie, startSockets } from '../support/sockets/socket-app.js';
import { describeSockets, opened, type Closed } from '../support/sockets/socket-kinds.js';
import { StubbornClient } from '../support/sockets/stubborn-client.js';

const ADA = { userId: 'ada', name: 'Ada' };

@Controller()
class NameController {
  @Get('name')
  @UseGuards(SessionGuard)
  name(@Session('name') name: string): string {
    return name;
  }
}

/** Its handler looks for the session once the test lets it. */
@WebSocketGateway()
@UseGuards(SessionGuard)
class SlowGateway {
  begin!: () => void;
  readonly begun = new Promise<void>((resolve) => (this.begin = resolve));
  go!: () => void;
  readonly #let = new Promise<void>((resolve) => (this.go = resolve));
  finish!: (refusal: unknown) => void;
  /** What the handler got instead of a session. */
  readonly refusal = new Promise((resolve) => (this.finish = resolve));

  @SubscribeMessage('slow')
  async slow(@ConnectedSocket() client: object): Promise<void> {
    this.begin();
    await this.#let;
    await getCurrentSession(client).catch((error: WsException) => this.finish(error.getError()));
  }
}

describeAdapters((adapter) => {
  describeSockets((kind) => {
    let app: TestApp<AccountSession>;
    let cookie: string;
    let seen: string[];

    beforeEach(async () => {
      app = await startSockets(adapter, kind, {
        options: { maxSessionsPerUser: 1, expireTime: 60_000, watch: { interval: 50 } },
      });
      cookie = await loginCookie(app);
      ({ seen } = app.app.get(AccountGateway));
    });
    afterEach(() => app.close());

    const token = () => cookie.replace('__Host-id=', '');
    const post = (path: string) => app.http().post(path).set('Cookie', cookie).expect(201);
    /** How the client sees the end of its session. */
    const closedBy = (code: string): Closed => ({
      code,
      by:
        kind.name === 'ws'
          ? 4401
          : code === 'SESSION_ROTATED'
            ? 'transport close'
            : 'io server disconnect',
    });

    it.each<[code: string, how: string, end: () => unknown]>([
      ['SESSION_LOGOUT', 'a logout over HTTP', () => post('/logout')],
      ['SESSION_EVICTED', 'a login beyond the limit', () => app.manager.createSession(ADA)],
      ['SESSION_REVOKED', 'a removal by user', () => app.manager.removeUserSessions('ada')],
      ['SESSION_ROTATED', 'a new token', () => post('/rotate')],
      ['SESSION_EXPIRED', 'its expiry', () => app.clock.advance(60_000)],
    ])('%s closes the connections of a session: %s', async (code, _, end) => {
      const sockets = [
        await opened(kind.connect(app.port, { cookie })),
        await opened(kind.connect(app.port, { cookie, origin: `http://127.0.0.1:${app.port}` })),
      ];
      await end();
      for (const { closed } of sockets) {
        expect(await closed).toEqual(closedBy(code));
      }
    });

    it('a handler that ends the session closes the connection', async () => {
      const socket = await opened(kind.connect(app.port, { cookie }));
      socket.send('end');
      expect(await socket.closed).toEqual(closedBy('SESSION_LOGOUT'));
      expect(await app.manager.listSessions('ada')).toEqual([]);
    });

    it('a rotation with a grace closes nothing', async () => {
      const socket = await opened(kind.connect(app.port, { cookie }));
      await app.manager.regenerateSession(token(), { grace: 60_000 });
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      socket.close();
    });

    it('a connection by a replaced token is closed with its grace', async () => {
      const next = await app.manager.regenerateSession(token(), { grace: 1000 });
      const replaced = await opened(kind.connect(app.port, { cookie }));
      const current = await opened(kind.connect(app.port, { cookie: cookieOf(next) }));
      expect(await replaced.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      app.clock.advance(1000);
      expect(await replaced.closed).toEqual(closedBy('SESSION_ROTATED'));
      expect(await current.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      current.close();
    });

    it('the session of another visitor does not matter', async () => {
      const other = await loginCookie(app, { userId: 'bob', name: 'Bob' });
      const socket = await opened(kind.connect(app.port, { cookie }));
      await app.http().post('/logout').set('Cookie', other).expect(201);
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      socket.close();
    });

    it('a client that ignores the end is not heard any more, and cut off', async () => {
      const [path, message] =
        kind.name === 'ws'
          ? ['/', JSON.stringify({ event: 'open' })]
          : ['/socket.io/?EIO=4&transport=websocket', '42["open"]'];
      const client = await StubbornClient.open(app.port, path!, cookie);
      if (kind.name === 'Socket.IO') {
        client.send('40');
        await client.hear('40{');
      }
      await eventually(async () => {
        client.send(message!);
        expect(seen).toContain('open');
      });
      let isCut = false;
      void client.cut.then(() => (isCut = true));
      await post('/logout');
      seen.splice(0);
      await eventually(async () => {
        client.send(message!);
        expect(isCut).toBe(true);
      });
      expect(seen).toEqual([]);
    });

    it.each<[code: string, how: string, end: () => unknown]>([
      ['SESSION_ENDED', 'a logout', () => app.manager.removeSession(token())],
      ['SESSION_ENDED', 'a removal by user', () => app.manager.removeUserSessions('ada')],
      ['SESSION_NOT_FOUND', 'a new token', () => app.manager.regenerateSession(token())],
      ['SESSION_EXPIRED', 'its expiry', () => app.clock.advance(60_000)],
    ])('a handler that runs on gets %s as HTTP does, after %s', async (code, _, end) => {
      await app.close();
      app = await startSockets(adapter, kind, {
        gateways: [SlowGateway],
        controllers: [NameController],
        options: { expireTime: 60_000, watch: { interval: 50 } },
      });
      cookie = await loginCookie(app);
      const gateway = app.app.get(SlowGateway);
      const socket = await opened(kind.connect(app.port, { cookie }));
      socket.send('slow');
      await gateway.begun;
      await end();
      await socket.closed;
      gateway.go();
      const { body } = await app.http().get('/name').set('Cookie', cookie).expect(401);
      expect(body).toMatchObject({ code });
      const statements = await app.statementsOf(async () => {
        expect(await gateway.refusal).toEqual(body);
      });
      expect(statements).toEqual([]);
    });

    it('with showEndReason: false the client hears ended', async () => {
      await app.close();
      app = await startSockets(adapter, kind, { options: { showEndReason: false } });
      cookie = await loginCookie(app);
      const socket = await opened(kind.connect(app.port, { cookie }));
      await post('/logout');
      expect(await socket.closed).toEqual(closedBy('SESSION_ENDED'));
    });

    it('an outage closes nothing, and a guarded message is refused meanwhile', async () => {
      const socket = await opened(kind.connect(app.port, { cookie }));
      await takeAway(app.connection);
      try {
        expect(await socket.ask('name')).toEqual({
          event: 'exception',
          data: expect.objectContaining({ statusCode: 503, code: 'SESSION_STORE_UNAVAILABLE' }),
        });
        for (const origin of [undefined, `http://127.0.0.1:${app.port}`]) {
          const attempt = await kind.connect(app.port, { cookie, ...(origin && { origin }) });
          expect(attempt).toEqual(
            kind.refusal(503, 'SESSION_STORE_UNAVAILABLE', origin !== undefined),
          );
        }
      } finally {
        await bringBack(app.connection);
      }
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      socket.close();
    });

    it('connections that are closed are not watched any more', async () => {
      for (let i = 0; i < 5; i++) {
        const socket = await opened(kind.connect(app.port, { cookie }));
        await socket.ask('name');
        socket.close();
        await socket.closed;
      }
      await eventually(async () => {
        const sessions = await app.statementsOf(() => new Promise((done) => setTimeout(done, 120)));
        expect(sessions).toEqual([]);
      });
    });

    describe('with another process', () => {
      const folder = mkdtempSync(join(tmpdir(), 'sockets-'));
      let elsewhere: SessionManager;
      afterEach(() => elsewhere.close());
      afterAll(() => rmSync(folder, { recursive: true }));

      it.each([
        ['SESSION_REVOKED', true],
        ['SESSION_ENDED', false],
      ])('a removal there closes the connection here: %s', async (code, showEndReason) => {
        await app.close();
        const storagePath = join(folder, 'sessions.sqlite');
        app = await startSockets(adapter, kind, {
          options: { storagePath, showEndReason, watch: { interval: 50 } },
        });
        cookie = await loginCookie(app);
        elsewhere = await init({ storagePath, clock: app.clock });
        const socket = await opened(kind.connect(app.port, { cookie }));
        await elsewhere.removeUserSessions('ada');
        expect(await socket.closed).toEqual(closedBy(code));
      });
    });
  });
});
