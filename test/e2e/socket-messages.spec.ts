import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeAdapters, type TestApp } from '../support/applications/applications.js';
import type { AccountSession } from '../support/sockets/account.gateway.js';
import { loginCookie, startSockets } from '../support/sockets/socket-app.js';
import { describeSockets, opened, type OpenSocket } from '../support/sockets/socket-kinds.js';

describeAdapters((adapter) => {
  describeSockets((kind) => {
    describe('messages of a session', () => {
      let app: TestApp<AccountSession>;
      let cookie: string;
      let socket: OpenSocket;

      beforeAll(async () => {
        app = await startSockets(adapter, kind, {
          options: {
            rolling: true,
            expireTime: 60_000,
            touchAfter: 1000,
            maxDataBytes: 100,
            // No read of the watch comes between the statements that are counted.
            watch: { interval: 60_000 },
          },
        });
        cookie = await loginCookie(app);
        socket = await opened(kind.connect(app.port, { cookie }));
      });
      afterAll(() => app.close());

      it('a handler changes the session, and each message sees the newest data', async () => {
        expect(await socket.ask('rename', 'Ada L.')).toEqual({ event: 'name', data: 'Ada L.' });
        expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Ada L.' });
        const token = cookie.replace('__Host-id=', '');
        await app.manager.updateSession(token, { userId: 'ada', name: 'Countess' });
        expect(await socket.ask('name')).toEqual({ event: 'name', data: 'Countess' });
      });

      it('all parts of one message share one lookup', async () => {
        const statements = await app.statementsOf(async () => {
          expect(await socket.ask('same')).toEqual({ event: 'same', data: true });
        });
        // The watch reads states at times of its own.
        const lookups = statements.filter((sql) => !sql.includes(' AS states '));
        expect(lookups.filter((sql) => sql.startsWith('SELECT'))).toHaveLength(1);
      });

      it.each(['start', 'regenerate', 'confirm'])(
        '%s() says why a socket can not do it',
        async (method) => {
          const statements = await app.statementsOf(async () => {
            expect(await socket.ask(method)).toEqual({
              event: 'refused',
              data: expect.stringMatching(
                new RegExp(`CurrentSession\\.${method}\\(\\).*socket.*cookie.*HTTP request`),
              ),
            });
          });
          expect(statements.filter((sql) => !sql.startsWith('SELECT'))).toEqual([]);
        },
      );

      it('a handled message renews a rolling session, a ping and a public handler do not', async () => {
        const { id } = await app.manager.inspectSession(cookie.replace('__Host-id=', ''));
        const expiry = async () => {
          const sessions = await app.manager.listSessions('ada');
          return sessions.find((session) => session.id === id)!.expiresAt.getTime();
        };
        const before = await expiry();
        app.clock.advance(10_000);
        await socket.ask('open');
        const other = await opened(kind.connect(app.port, { cookie }));
        other.close();
        expect(await expiry()).toBe(before);
        await socket.ask('name');
        expect(await expiry()).toBe(app.clock.now() + 60_000);
      });

      it('a message that needs a fresh session is refused a while after the login', async () => {
        const fresh = await opened(kind.connect(app.port, { cookie: await loginCookie(app) }));
        expect(await fresh.ask('secret')).toMatchObject({ event: 'secret' });
        app.clock.advance(10_000 - 1);
        expect(await fresh.ask('secret')).toMatchObject({ event: 'secret' });
        await fresh.ask('name');
        app.clock.advance(1);
        expect(await fresh.ask('secret')).toEqual({
          event: 'exception',
          data: expect.objectContaining({ statusCode: 403, code: 'SESSION_NOT_FRESH' }),
        });
        fresh.close();
      });

      it('a change that is refused is an exception with its code', async () => {
        expect(await socket.ask('rename', 'x'.repeat(100))).toEqual({
          event: 'exception',
          data: expect.objectContaining({ statusCode: 413, code: 'SESSION_DATA_TOO_LARGE' }),
        });
      });
    });
  });
});
