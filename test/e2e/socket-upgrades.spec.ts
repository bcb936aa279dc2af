import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { SessionGuard } from 'nestjs-server-sessions';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import { rawRequest, statusOf } from '../support/http/raw-request.js';
import {
  askForUpgrade,
  closedUpgrade,
  resetUpgrade,
  STRANGE_UPGRADES,
} from '../support/http/upgrades.js';
import { eventually } from '../support/promises/eventually.js';
import { freePort } from '../support/servers/processes.js';
import {
  AccountGateway,
  AccountHandlers,
  type AccountSession,
} from '../support/sockets/account.gateway.js';
import { loginCookie, startSockets } from '../support/sockets/socket-app.js';
import { describeSockets, opened, SOCKET_KINDS } from '../support/sockets/socket-kinds.js';

const SOCKET_IO = SOCKET_KINDS.find(({ name }) => name === 'Socket.IO')!;

describeAdapters((adapter) => {
  let app: TestApp<AccountSession>;
  afterEach(() => app.close());

  describeSockets((kind) => {
    const start = async (gateway: new () => object = AccountGateway) => {
      app = await startSockets(adapter, kind, { gateways: [gateway] });
      return loginCookie(app);
    };

    it('a client that resets its upgrade does not end the process', async () => {
      const cookie = await start();
      for (const [target, host] of STRANGE_UPGRADES) {
        await resetUpgrade(app.port, target, host);
      }
      const socket = await opened(kind.connect(app.port, { cookie }));
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      socket.close();
    });

    it('nor does it on the own port of a gateway', async () => {
      const port = await freePort();
      class OwnPortGateway extends AccountHandlers {}
      WebSocketGateway(port, kind.name === 'ws' ? { path: '/own' } : {})(OwnPortGateway);
      UseGuards(SessionGuard)(OwnPortGateway);
      const cookie = await start(OwnPortGateway);
      for (const [target, host] of STRANGE_UPGRADES) {
        await resetUpgrade(port, target, host);
      }
      const at = kind.name === 'ws' ? '/own' : '/';
      const socket = await opened(kind.connect(port, { cookie, at }));
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      socket.close();
    });

    it('an upgrade that is refused is closed, even if the client keeps it', async () => {
      app = await startSockets(adapter, kind);
      const response = await closedUpgrade(app.app.getHttpServer() as Server, '//');
      expect(response).toMatch(kind.name === 'ws' ? /^HTTP\/1\.1 400/ : /^$/);
    });
  });

  it('a socket that the application ended on its side is still read until the client ends it', async () => {
    app = await startSockets(adapter, SOCKET_IO);
    const server = app.app.getHttpServer() as Server;
    let received = '';
    server.on('upgrade', ({ url }: IncomingMessage, socket: Duplex) => {
      if (url === '/own') {
        socket.on('data', (data) => (received += String(data)));
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      }
    });
    const client = await askForUpgrade(app.port, '/own', 'localhost');
    client.resume();
    await once(client, 'end');
    client.end('after the end of the other side');
    await eventually(async () => expect(received).toBe('after the end of the other side'));
  });

  it('with long polling alone, a request that offers an upgrade gets its response', async () => {
    @WebSocketGateway({ transports: ['polling'] })
    class PollingGateway extends AccountHandlers {}
    app = await startSockets(adapter, SOCKET_IO, { gateways: [PollingGateway] });
    const start = ['GET /unknown HTTP/1.1', 'Host: localhost'];
    const offer = ['Upgrade: h2c', 'Connection: Upgrade, close'];
    expect(statusOf(await rawRequest(app.port, '', offer, start))).toBe(404);
  });
});
