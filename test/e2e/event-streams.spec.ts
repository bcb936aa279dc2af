import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Sse, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  CurrentSession,
  init,
  OptionalSession,
  SessionGuard,
  SessionStreamInterceptor,
  type SessionManager,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { finalize, interval, map, startWith, take, timer } from 'rxjs';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf } from '../support/http/responses.js';
import { openEvents } from '../support/http/event-stream.js';
import { eventually } from '../support/promises/eventually.js';

const MINUTE = 60_000;

/** How many handlers' streams are subscribed. */
let open = 0;

const ticks = () => {
  open++;
  return interval(5).pipe(
    map((n) => ({ data: { n } })),
    finalize(() => open--),
  );
};

@Controller()
@UseGuards(SessionGuard)
@UseInterceptors(SessionStreamInterceptor)
class FeedController {
  @Sse('feed')
  feed() {
    return ticks();
  }

  @Sse('short')
  async short() {
    return ticks().pipe(take(2));
  }

  @Sse('public')
  @OptionalSession()
  public() {
    return timer(20).pipe(
      map(() => ({ data: 'over' })),
      startWith({ data: 'begun' }),
    );
  }

  @Get('page')
  page(@CurrentSession() { id }: CurrentSession) {
    return { id };
  }
}

describeAdapters((adapter) => {
  let shop: TestApp;
  let token: string;
  /** On the same table, as another process would have it. */
  let elsewhere: SessionManager;

  const start = async (options: SessionsModuleOptions) => {
    shop = await startApp(adapter, { controllers: [FeedController], options });
    token = await shop.manager.createSession({ userId: 'ada' });
    elsewhere = await init({ connection: shop.connection, clock: shop.clock });
  };
  const stream = (path: string, headers: Record<string, string> = { cookie: cookieOf(token) }) =>
    openEvents(`http://127.0.0.1:${shop.port}${path}`, headers);

  afterEach(async () => {
    await elsewhere.close();
    await shop.close();
  });

  describe('an event stream', () => {
    it('the stream ends with its session, which another request ends, and no other does', async () => {
      await start({ watch: { interval: 10 * MINUTE } });
      const other = await shop.manager.createSession({ userId: 'bob' });
      const [feed, otherFeed] = [
        await stream('/feed'),
        await stream('/feed', { cookie: cookieOf(other) }),
      ];
      expect(await feed.next()).toEqual({ event: 'message', data: '{"n":0}' });
      await shop.manager.removeUserSessions('ada');
      const last = { event: 'session-ended', data: '{"reason":"revoked"}' };
      expect((await feed.rest()).at(-1)).toEqual(last);
      expect(await stream('/feed')).toMatchObject({ status: 401 });
      expect(await otherFeed.next()).toMatchObject({ event: 'message' });
      expect(open).toBe(1);
      await shop.manager.removeSession(other);
      expect((await otherFeed.rest()).at(-1)).toMatchObject({ data: '{"reason":"logout"}' });
      await eventually(async () => expect(open).toBe(0));
    });

    it.each([
      ['logout', 'a logout', () => elsewhere.removeSession(token)],
      ['rotated', 'a rotation', () => elsewhere.regenerateSession(token)],
      ['expired', 'the expiry', async () => shop.clock.advance(MINUTE)],
    ])('the stream ends with %s after %s in another process', async (reason, _, end) => {
      await start({ watch: { interval: 20 }, expireTime: MINUTE });
      const feed = await stream('/feed');
      await feed.next();
      await end();
      const last = { event: 'session-ended', data: JSON.stringify({ reason }) };
      expect((await feed.rest()).at(-1)).toEqual(last);
    });

    it('the stream of a replaced token ends with its grace, and that of the token before does not', async () => {
      await start({ watch: { interval: 20 } });
      const before = await stream('/feed');
      await before.next();
      const next = await elsewhere.regenerateSession(token, { grace: MINUTE });
      const [replaced, current] = [
        await stream('/feed'),
        await stream('/feed', { cookie: cookieOf(next) }),
      ];
      await replaced.next();
      shop.clock.advance(MINUTE);
      const last = { event: 'session-ended', data: '{"reason":"rotated"}' };
      expect((await replaced.rest()).at(-1)).toEqual(last);
      for (const feed of [before, current]) {
        expect(await feed.next()).toMatchObject({ event: 'message' });
        feed.leave();
      }
    });

    it('with showEndReason: false the last event says only ended', async () => {
      await start({ showEndReason: false });
      const feed = await stream('/feed');
      await shop.manager.removeSession(token);
      expect((await feed.rest()).at(-1)).toMatchObject({ data: '{"reason":"ended"}' });
    });

    it('events do not renew a rolling session', async () => {
      await start({ watch: { interval: 5 }, rolling: true, expireTime: MINUTE });
      const feed = await stream('/feed');
      const before = await shop.manager.inspectSession(token);
      shop.clock.advance(MINUTE - 1);
      for (let count = 0; count < 20; count++) {
        expect(await feed.next()).toMatchObject({ event: 'message' });
      }
      expect(await shop.manager.inspectSession(token)).toEqual(before);
      shop.clock.advance(1);
      expect((await feed.rest()).at(-1)).toMatchObject({ data: '{"reason":"expired"}' });
    });

    it.each(['/feed', '/short'])(
      'nothing is watched once %s is over for the client',
      async (path) => {
        await start({ watch: { interval: 1 } });
        const reads = async () => {
          const statements = await shop.statementsOf(async () => {
            for (let count = 0; count < 10; count++) {
              await shop.manager.retrieveSession(token);
            }
          });
          return statements.filter((sql) => sql.includes('ABS('));
        };
        const feed = await stream(path);
        expect(await feed.next()).toMatchObject({ event: 'message' });
        if (path === '/feed') {
          await eventually(async () => expect(await reads()).not.toEqual([]));
          feed.leave();
        } else {
          expect(await feed.rest()).toHaveLength(1);
        }
        await eventually(async () => {
          expect(open).toBe(0);
          expect(await reads()).toEqual([]);
        });
      },
    );

    it('a stream without a session, and other handlers, are not affected', async () => {
      await start({});
      const feed = await stream('/public', {});
      expect((await feed.rest()).map(({ data }) => data)).toEqual(['begun', 'over']);
      const [id] = token.split('.');
      await shop.http().get('/page').set('Cookie', cookieOf(token)).expect(200, { id });
    });
  });
});
