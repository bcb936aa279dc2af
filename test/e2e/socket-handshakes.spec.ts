import type { Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { SessionGuard, type SessionEndReason, type SessionEvent } from 'nestjs-server-sessions';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import { cookieOf } from '../support/http/responses.js';
import {
  AccountGateway,
  AccountHandlers,
  type AccountSession,
} from '../support/sockets/account.gateway.js';
import { loginCookie, startSockets } from '../support/sockets/socket-app.js';
import { describeSockets, opened, SOCKET_KINDS } from '../support/sockets/socket-kinds.js';

describeAdapters((adapter) => {
  describeSockets((kind) => {
    let app: TestApp<AccountSession>;
    let own: string;
    let cookie: string;
    let seen: string[];

    beforeAll(async () => {
      // No read of the watch comes between the statements that are counted.
      app = await startSockets(adapter, kind, { options: { watch: { interval: 60_000 } } });
      own = `http://127.0.0.1:${app.port}`;
      cookie = await loginCookie(app);
      ({ seen } = app.app.get(AccountGateway));
    });
    beforeEach(() => void seen.splice(0));
    afterAll(() => app.close());

    it('a session of an HTTP login opens a socket, before which no handler runs', async () => {
      const socket = await opened(kind.connect(app.port, { cookie, origin: own }));
      expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
      expect(seen).toEqual(['connected ada', 'name']);
      socket.close();
    });

    it('a program without Origin can connect, also by a bearer token', async () => {
      const token = cookie.replace('__Host-id=', '');
      const headers = { authorization: `Bearer ${token}` };
      for (const options of [{ cookie }, { headers }, { headers, origin: 'https://app.example' }]) {
        const socket = await opened(kind.connect(app.port, options));
        expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
        socket.close();
      }
    });

    describe.each([
      ['a program', false],
      ['a page', true],
    ])('%s', (_, isPage) => {
      const connect = (options: object) =>
        kind.connect(app.port, { ...options, ...(isPage && { origin: own }) });

      it.each([
        ['no cookie', () => ({}), 'SESSION_MISSING'],
        ['another cookie', () => ({ cookie: 'other=1' }), 'SESSION_MISSING'],
        ['a nonsense token', () => ({ cookie: '__Host-id=x' }), 'SESSION_NOT_FOUND'],
        ['a wrong secret', () => ({ cookie: changed(cookie) }), 'SESSION_NOT_FOUND'],
        ['a byte before its name', () => ({ cookie: `\u00a0${cookie}` }), 'SESSION_MISSING'],
        ['a token in the query', () => ({ query: inQuery(cookie) }), 'SESSION_MISSING'],
        [
          'a damaged bearer token beside the cookie',
          () => ({ cookie, headers: { authorization: `Bearer ${tokenIn(cookie)}x` } }),
          'SESSION_NOT_FOUND',
        ],
      ])('is refused with %s, and learns why', async (...row) => {
        const [, options, code] = row;
        expect(await connect(options())).toEqual(kind.refusal(401, code, isPage));
        expect(seen).toEqual([]);
      });

      it('is refused with an expired session, and learns why', async () => {
        const token = await app.manager.createSession(
          { userId: 'bob', name: 'Bob' },
          { expireTime: 1000 },
        );
        app.clock.advance(1001);
        expect(await connect({ cookie: cookieOf(token) })).toEqual(
          kind.refusal(401, 'SESSION_EXPIRED', isPage),
        );
        expect(seen).toEqual([]);
      });

      it.each([
        ['logout', 'SESSION_LOGOUT', (token: string) => app.manager.removeSession(token)],
        [
          'revoked',
          'SESSION_REVOKED',
          (token: string) => app.manager.removeSessionById(token.split('.')[0]!),
        ],
        [
          'moved',
          'SESSION_REVOKED',
          (token: string) =>
            app.manager.removeSession(token, { reason: 'moved' as SessionEndReason }),
        ],
      ])(
        'is refused with an ended session, and learns why: %s',
        async (reason, closeReason, end) => {
          const token = await app.manager.createSession({ userId: 'bob', name: 'Bob' });
          await end(token);
          expect(await connect({ cookie: cookieOf(token) })).toEqual(
            kind.name === 'ws' && isPage
              ? kind.refusal(401, closeReason, true)
              : { ...kind.refusal(401, 'SESSION_ENDED', isPage), reason },
          );
          expect(seen).toEqual([]);
        },
      );
    });

    it.each([
      ['another host', 'http://evil.example', {}],
      ['another port', 'http://127.0.0.1:1', {}],
      ['a hidden origin', 'null', {}],
      ['another site of the browser', undefined, { 'sec-fetch-site': 'cross-site' }],
      ['a subdomain of the browser', undefined, { 'sec-fetch-site': 'same-site' }],
    ])('a page of %s gets no connection', async (_, origin, headers) => {
      const statements = await app.statementsOf(async () => {
        const attempt = await kind.connect(app.port, { cookie, origin: origin ?? own, headers });
        expect(attempt).toEqual(kind.refusal(403, 'SESSION_CROSS_ORIGIN', true));
      });
      expect(statements).toEqual([]);
      expect(seen).toEqual([]);
    });

    it('a refusal is an event', async () => {
      const events: SessionEvent[] = [];
      const subscription = app.manager.events$.subscribe((event) => events.push(event));
      await kind.connect(app.port);
      await kind.connect(app.port, { cookie, origin: 'https://evil.example' });
      subscription.unsubscribe();
      expect(events).toEqual([
        expect.objectContaining({ type: 'rejected', reason: 'missing' }),
        expect.objectContaining({ type: 'rejected', reason: 'cross-origin' }),
      ]);
    });
  });
});

/** Guarded, by long polling or WebSocket. */
@WebSocketGateway()
@UseGuards(SessionGuard)
class PollingGateway extends AccountHandlers {}

/** Guarded, over WebSocket alone. */
@WebSocketGateway({ transports: ['websocket'] })
@UseGuards(SessionGuard)
class WebSocketOnlyGateway extends AccountHandlers {}

describeAdapters((adapter) => {
  it('Socket.IO refuses a handshake by a script of any page', async () => {
    const [kind] = SOCKET_KINDS.filter(({ name }) => name === 'Socket.IO');
    const app = await startSockets(adapter, kind!, { gateways: [PollingGateway] });
    const cookie = await loginCookie(app);
    const handshake = (query: string) =>
      app.http().get(`/socket.io/?EIO=4&transport=polling${query}`).set('Cookie', cookie);
    await handshake('').expect(200);
    for (const jsonp of ['&j=0', '&%6a=0', '&j', '&j=0&j=1']) {
      const { status, text } = await handshake(jsonp);
      expect({ status, text }).toEqual({ status: 403, text: expect.not.stringContaining('sid') });
    }
    await app.close();
  });

  it('with WebSocket alone, no URL of Socket.IO has the id of a connection', async () => {
    const [kind] = SOCKET_KINDS.filter(({ name }) => name === 'Socket.IO');
    const app = await startSockets(adapter, kind!, { gateways: [WebSocketOnlyGateway] });
    const urls: (string | undefined)[] = [];
    const server = app.app.getHttpServer() as Server;
    server.on('upgrade', ({ url }) => urls.push(url));
    const cookie = await loginCookie(app);
    const polling = { EIO: 4, transport: 'polling' };
    await app.http().get('/socket.io/').query(polling).set('Cookie', cookie).expect(400);
    const socket = await opened(kind!.connect(app.port, { cookie }));
    expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada' });
    expect(urls).toEqual(['/socket.io/?EIO=4&transport=websocket']);
    socket.close();
    await app.close();
  });
});

const tokenIn = (cookie: string) => cookie.replace('__Host-id=', '');
const inQuery = (cookie: string) => `token=${tokenIn(cookie)}&__Host-id=${tokenIn(cookie)}`;
/** Changes a character in the middle of the secret. */
const changed = (cookie: string) =>
  cookie.replace(/(.)(.{10})$/, (_, char: string, end: string) => (char === 'A' ? 'B' : 'A') + end);
