import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Module, UseGuards, type Type } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import {
  OptionalSession,
  PublicRoute,
  RequireSession,
  SessionGuard,
  SessionsModule,
  type CsrfOptions,
} from 'nestjs-server-sessions';
import { SessionSocketsModule } from 'nestjs-server-sessions/sockets';
import {
  describeAdapters,
  startError,
  type TestApp,
} from '../support/applications/applications.js';
import { bringBack, takeAway } from '../support/faults/outage.js';
import {
  AccountGateway,
  AccountHandlers,
  type AccountSession,
} from '../support/sockets/account.gateway.js';
import { loginCookie, startSockets, type SocketAppOptions } from '../support/sockets/socket-app.js';
import {
  describeSockets,
  opened,
  SOCKET_KINDS,
  type SocketKind,
} from '../support/sockets/socket-kinds.js';

const GUARD = { provide: APP_GUARD, useExisting: SessionGuard };

@WebSocketGateway()
class PlainGateway extends AccountHandlers {}

@WebSocketGateway()
@PublicRoute()
class PublicGateway extends AccountHandlers {}

@WebSocketGateway()
@UseGuards(SessionGuard)
@OptionalSession()
class OptionalGateway extends AccountHandlers {}

@WebSocketGateway()
@RequireSession()
class RequiringGateway extends PublicGateway {}

const withCsrf = (csrf: CsrfOptions | false) => SessionSocketsModule.forRoot({ csrf });

/** Puts a gateway at a path of `ws` or into a namespace of Socket.IO. */
function at<Gateway extends Type>(kind: SocketKind, path: string, gateway: Gateway): Gateway {
  WebSocketGateway(kind.name === 'ws' ? { path } : { namespace: path })(gateway);
  return gateway;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describeAdapters((adapter) => {
  describeSockets((kind) => {
    let app: TestApp<AccountSession>;
    afterEach(() => app.close());

    describe('a client without a session', () => {
      it.each<[string, Type, boolean, isRefused: boolean]>([
        ['no guard', PlainGateway, false, false],
        ['a global guard', PlainGateway, true, true],
        ['a global guard, but opens the class', PublicGateway, true, false],
        ['a guard with an optional session', OptionalGateway, false, false],
        ['a policy without a guard', RequiringGateway, false, false],
        ['a policy and a global guard', RequiringGateway, true, true],
        ['a guard on the class', AccountGateway, false, true],
      ])('with %s: is refused %s', async (...row) => {
        const [, gateway, isGlobal, isRefused] = row;
        app = await startSockets(adapter, kind, {
          gateways: [gateway],
          providers: isGlobal ? [GUARD] : [],
        });
        const attempt = await kind.connect(app.port);
        if (isRefused) {
          expect(attempt).toEqual(kind.refusal(401, 'SESSION_MISSING', false));
        } else {
          const { socket } = attempt;
          expect(await socket?.ask('open')).toEqual({ event: 'open', data: 'to all' });
          socket?.close();
        }
      });

      it('gets an exception from a guarded handler of a gateway that others can use', async () => {
        @WebSocketGateway()
        class MixedGateway extends AccountHandlers {}
        UseGuards(SessionGuard)(
          MixedGateway.prototype,
          'name',
          Object.getOwnPropertyDescriptor(AccountHandlers.prototype, 'name')!,
        );
        app = await startSockets(adapter, kind, { gateways: [MixedGateway] });
        const socket = await opened(kind.connect(app.port));
        expect(await socket.ask('name')).toEqual({
          event: 'exception',
          data: expect.objectContaining({ statusCode: 401, code: 'SESSION_MISSING' }),
        });
        socket.close();
      });
    });

    it('a connection that was opened in an outage is closed when its session ends', async () => {
      app = await startSockets(adapter, kind, { gateways: [OptionalGateway] });
      const cookie = await loginCookie(app);
      await takeAway(app.connection);
      const socket = await opened(kind.connect(app.port, { cookie })).finally(() =>
        bringBack(app.connection),
      );
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      await app.http().post('/logout').set('Cookie', cookie).expect(201);
      expect(await socket.closed).toMatchObject({ code: 'SESSION_LOGOUT' });
    });

    it('each of two gateways on one port has its own rules', async () => {
      class Guarded extends AccountHandlers {}
      UseGuards(SessionGuard)(Guarded);
      class Open extends AccountHandlers {}
      app = await startSockets(adapter, kind, {
        gateways: [at(kind, '/guarded', Guarded), at(kind, '/open', Open)],
      });
      const cookie = await loginCookie(app);
      expect(await kind.connect(app.port, { at: '/guarded' })).toEqual(
        kind.refusal(401, 'SESSION_MISSING', false),
      );
      const guarded = await opened(kind.connect(app.port, { at: '/guarded', cookie }));
      const open = await opened(kind.connect(app.port, { at: '/open' }));
      expect(await guarded.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      expect(await open.ask('open')).toEqual({ event: 'open', data: 'to all' });
      const origin = 'http://evil.example';
      const crossOrigin = await kind.connect(app.port, { at: '/open', origin });
      expect(crossOrigin).toEqual(kind.refusal(403, 'SESSION_CROSS_ORIGIN', true));
      await app.http().post('/logout').set('Cookie', cookie).expect(201);
      expect(await guarded.closed).toMatchObject({ code: 'SESSION_LOGOUT' });
      expect(await open.ask('open')).toEqual({ event: 'open', data: 'to all' });
      open.close();
    });

    it('a gateway on its own port is another origin for the pages of the application', async () => {
      const port = await freePort();
      class OwnPort extends AccountHandlers {}
      WebSocketGateway(port)(OwnPort);
      UseGuards(SessionGuard)(OwnPort);
      app = await startSockets(adapter, kind, { gateways: [OwnPort] });
      const cookie = await loginCookie(app);
      const origin = `http://127.0.0.1:${app.port}`;
      expect(await kind.connect(port, { cookie, origin })).toEqual(
        kind.refusal(403, 'SESSION_CROSS_ORIGIN', true),
      );
      const socket = await opened(
        kind.connect(port, { cookie, origin: `http://127.0.0.1:${port}` }),
      );
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      await app.manager.removeUserSessions('ada');
      expect(await socket.closed).toMatchObject({ code: 'SESSION_REVOKED' });
    });

    describe('the origin', () => {
      const origin = 'https://app.example';
      it.each<[string, SocketAppOptions]>([
        ['csrf of the application', { options: { csrf: { trustedOrigins: [origin] } } }],
        ['csrf of the sockets', { sockets: withCsrf({ trustedOrigins: [origin] }) }],
        ['sockets without a check', { sockets: withCsrf(false) }],
      ])('is trusted by %s', async (_, options) => {
        app = await startSockets(adapter, kind, options);
        const cookie = await loginCookie(app);
        const socket = await opened(kind.connect(app.port, { cookie, origin }));
        expect(await socket.ask('rename', 'Eve')).toEqual({ event: 'name', data: 'Eve' });
        socket.close();
      });

      it('is checked even if the application turned csrf off', async () => {
        app = await startSockets(adapter, kind, { options: { csrf: false } });
        const cookie = await loginCookie(app);
        const attempt = await kind.connect(app.port, { cookie, origin });
        expect(attempt).toEqual(kind.refusal(403, 'SESSION_CROSS_ORIGIN', true));
      });

      it('counts with its scheme, if the connection is known to be secure', async () => {
        const proxied: SocketAppOptions =
          adapter.framework === 'fastify'
            ? { http: new FastifyAdapter({ trustProxy: true }) }
            : {
                configure: (nest) =>
                  void nest.getHttpAdapter().getInstance().set('trust proxy', true),
              };
        app = await startSockets(adapter, kind, proxied);
        const cookie = await loginCookie(app);
        const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example' };
        const attempt = kind.connect(app.port, { cookie, headers, origin: 'http://app.example' });
        expect(await attempt).toEqual(kind.refusal(403, 'SESSION_CROSS_ORIGIN', true));
        const socket = await opened(kind.connect(app.port, { cookie, headers, origin }));
        socket.close();
      });

      it('is compared with the Host header, unless a proxy is trusted', async () => {
        app = await startSockets(adapter, kind);
        const cookie = await loginCookie(app);
        const headers = { 'x-forwarded-host': 'app.example' };
        const attempt = await kind.connect(app.port, { cookie, headers, origin });
        expect(attempt).toEqual(kind.refusal(403, 'SESSION_CROSS_ORIGIN', true));
      });
    });
  });

  describe('the start', () => {
    const [kind] = SOCKET_KINDS as [SocketKind];
    const socketIo = SOCKET_KINDS[1]!;

    it('is refused if afterInit of a gateway is a property', async () => {
      @WebSocketGateway()
      class HidingGateway {
        afterInit = () => undefined;
      }
      const error = await startError(() =>
        startSockets(adapter, kind, { gateways: [HidingGateway] }),
      );
      expect(String(error)).toMatch(/SessionsConfigurationError: .*HidingGateway\.afterInit/);
    });

    it('is refused if two modules of sockets would guard one server', async () => {
      const imports = [withCsrf(false)];
      const error = await startError(() => startSockets(adapter, kind, { imports }));
      expect(String(error)).toMatch(/two SessionSocketsModules guard the same server/);
    });

    it('is refused with an adapter that is neither of the two', async () => {
      class OwnAdapter extends WsAdapter {
        override create(): any {
          return new EventEmitter();
        }

        override bindErrorHandler(): void {}
      }
      const own: SocketKind = { ...kind, adapter: (nest) => new OwnAdapter(nest) };
      const error = await startError(() => startSockets(adapter, own));
      expect(String(error)).toMatch(/the adapter of AccountGateway is neither/);
    });

    it('calls afterInit of the gateway, also if two applications have its class', async () => {
      const servers: unknown[] = [];
      @WebSocketGateway()
      class InitialisedGateway {
        afterInit(server: unknown): void {
          servers.push(server);
        }
      }
      for (let i = 0; i < 2; i++) {
        const app = await startSockets(adapter, kind, { gateways: [InitialisedGateway] });
        await app.close();
      }
      expect(new Set(servers).size).toBe(2);
    });

    it('is refused with connectionStateRecovery of Socket.IO', async () => {
      @WebSocketGateway({ connectionStateRecovery: {} })
      class RecoveringGateway {}
      const error = await startError(() =>
        startSockets(adapter, socketIo, { gateways: [RecoveringGateway] }),
      );
      expect(String(error)).toMatch(/SessionsConfigurationError: .*connectionStateRecovery/);
    });

    it('is refused with a wrong option', () => {
      expect(() => SessionSocketsModule.forRoot({ origin: false } as never)).toThrow(/origin/);
      const csrf = { trustedOrigins: ['app.example'] };
      expect(() => SessionSocketsModule.forRoot({ csrf })).toThrow(/trustedOrigins\[0\]/);
    });

    it('works without a server', async () => {
      @Module({
        imports: [SessionsModule.forRoot({ storagePath: ':memory:' }), SessionSocketsModule],
        providers: [AccountGateway],
      })
      class WorkerModule {}
      const worker = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
      await worker.close();
    });
  });

  describe('a token in `auth` of Socket.IO', () => {
    const socketIo = SOCKET_KINDS[1]!;
    let app: TestApp<AccountSession>;
    afterEach(() => app.close());

    it('is a bearer token', async () => {
      app = await startSockets(adapter, socketIo);
      const token = await app.manager.createSession({ userId: 'ada', name: 'Ada' });
      for (const transport of ['polling', 'websocket'] as const) {
        const socket = await opened(
          socketIo.connect(app.port, { auth: { token }, transport, cookie: '__Host-id=x' }),
        );
        expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
        socket.close();
      }
      for (const auth of [{ token: `${token}x` }, { token: [token] }, { bearer: token }]) {
        const { code } = await socketIo.connect(app.port, { auth });
        expect(code).toMatch(/^SESSION_(MISSING|NOT_FOUND)$/);
      }
    });

    it('does not count if the application takes no bearer tokens', async () => {
      app = await startSockets(adapter, socketIo, { options: { transports: ['cookie'] } });
      const token = await app.manager.createSession({ userId: 'ada', name: 'Ada' });
      expect(await socketIo.connect(app.port, { auth: { token } })).toEqual({
        code: 'SESSION_MISSING',
      });
    });
  });
});
