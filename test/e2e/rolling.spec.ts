import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, UseGuards, type ExecutionContext } from '@nestjs/common';
import {
  CurrentSession,
  getCurrentSession,
  SessionGuard,
  type SessionEvent,
  type SessionsModuleOptions,
} from 'nestjs-server-sessions';
import { describeAdapters, startApp, type TestApp } from '../support/applications/applications.js';
import { cookieOf, cookiesOf, expectRefusal, secretOf } from '../support/http/responses.js';
import { forbid } from '../support/faults/outage.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { ShopController, type ShopSession } from '../support/applications/shop.controller.js';

const MINUTE = 60_000;

/** Ends the session while it is renewed, as resolvers of one GraphQL request may. */
class HastyGuard extends SessionGuard {
  override async canActivate(context: ExecutionContext) {
    const session = await getCurrentSession(context);
    const [passes] = await Promise.all([super.canActivate(context), session.end()]);
    return passes;
  }
}

@Controller()
class EndController {
  @Get('end')
  @UseGuards(SessionGuard)
  end(@CurrentSession() { expiresAt }: CurrentSession) {
    return { expiresAt };
  }

  @Get('hasty')
  @UseGuards(HastyGuard)
  hasty(@CurrentSession() { exists }: CurrentSession) {
    return { exists };
  }
}

describeAdapters((adapter) => {
  let shop: TestApp<ShopSession>;
  let token: string;

  const start = async (options: SessionsModuleOptions = {}) => {
    shop = await startApp(adapter, {
      controllers: [ShopController, EndController],
      options: { rolling: true, expireTime: 30 * MINUTE, ...options },
    });
    token = await shop.manager.createSession({ userId: 'ada', basket: [] });
  };
  afterEach(() => shop.close());

  const get = (path: string) => shop.http().get(path).set('Cookie', cookieOf(token));
  const updatesOf = async (work: () => PromiseLike<unknown>) =>
    (await shop.statementsOf(work)).filter((sql) => sql.startsWith('UPDATE')).length;
  const setTimes = (expiresAt: number, renewedAt: number) =>
    shop.connection.query(
      `UPDATE server_sessions SET expires_at = ${expiresAt}, renewed_at = ${renewedAt}`,
    );
  const lifeLeft = async () =>
    (await shop.manager.inspectSession(token)).expiresAt.getTime() - shop.clock.now();

  describe('a guarded request', () => {
    it('a guarded request renews the session once touchAfter has passed, and not a millisecond earlier', async () => {
      await start({ touchAfter: MINUTE });
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      shop.clock.advance(MINUTE - 1);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      shop.clock.advance(1);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(1);
      expect(await lifeLeft()).toBe(30 * MINUTE);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
    });

    it('a visitor who returns in time stays logged in', async () => {
      await start();
      for (let visit = 0; visit < 10; visit++) {
        shop.clock.advance(30 * MINUTE - 1);
        await get('/me').expect(200);
      }
      shop.clock.advance(30 * MINUTE);
      expectRefusal(await get('/me'), 'SESSION_EXPIRED');
    });

    it('a renewal updates expiresAt and emits an event', async () => {
      await start();
      const events: SessionEvent[] = [];
      shop.manager.events$.subscribe((event) => void events.push(event));
      const end = new Date(shop.clock.now() + 30 * MINUTE);
      expect((await get('/end')).body).toEqual({ expiresAt: end.toISOString() });
      expect(events).toEqual([]);
      shop.clock.advance(5 * MINUTE);
      const later = new Date(shop.clock.now() + 30 * MINUTE);
      for (let visit = 0; visit < 2; visit++) {
        expect((await get('/end')).body).toEqual({ expiresAt: later.toISOString() });
        expect(events).toMatchObject([{ type: 'renewed', id: token.split('.')[0] }]);
      }
    });

    it('a request with an optional session renews it too', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      expect(await updatesOf(() => get('/visitor').expect(200))).toBe(1);
    });

    it('a request with a token that was replaced, and may still read, renews nothing', async () => {
      await start();
      await shop.manager.regenerateSession(token, { grace: 10 * MINUTE });
      shop.clock.advance(5 * MINUTE);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      expect(await lifeLeft()).toBe(25 * MINUTE);
    });

    it('a renewal sends no cookie', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      const answer = await get('/me').expect(200);
      expect(cookiesOf(answer)).toEqual([]);
      expect(answer.headers['cache-control']).toBe('private, no-cache');
      expect(await lifeLeft()).toBe(30 * MINUTE);
    });

    it('100 parallel guarded requests write one renewal', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      const updates = await updatesOf(() =>
        Promise.all(Array.from({ length: 100 }, () => get('/me').expect(200))),
      );
      expect(updates).toBe(1);
      expect(await lifeLeft()).toBe(30 * MINUTE);
    });
  });

  describe('a session with its own lifetime', () => {
    const alive = async (lifetime: number) => {
      token = await shop.manager.createSession(
        { userId: 'ada', basket: [] },
        { expireTime: lifetime },
      );
    };

    it('a session that lives for less than touchAfter stays alive as long as it is used', async () => {
      await start({ touchAfter: MINUTE });
      await alive(45_000);
      for (let visit = 0; visit < 20; visit++) {
        shop.clock.advance(5000);
        await get('/me').expect(200);
      }
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      shop.clock.advance(45_000);
      expectRefusal(await get('/me'), 'SESSION_EXPIRED');
    });

    it('a session that lives for longer than renewTimestamp gets its whole lifetime again', async () => {
      await start();
      await alive(10 * 60 * MINUTE);
      shop.clock.advance(9 * 60 * MINUTE);
      await get('/me').expect(200);
      expect(await lifeLeft()).toBe(10 * 60 * MINUTE);
    });

    it('a lifetime that a call shortens is not undone by what this process remembers', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      await get('/me').expect(200);
      await shop.manager.renewSession(token, { expireTime: MINUTE });
      for (let visit = 0; visit < 20; visit++) {
        shop.clock.advance(MINUTE - 1);
        await get('/me').expect(200);
      }
      shop.clock.advance(MINUTE);
      expectRefusal(await get('/me'), 'SESSION_EXPIRED');
    });
  });

  describe('an idle timeout that is shorter than the rest of the session', () => {
    it('a session that is used lives on, and ends once it is idle for renewTimestamp', async () => {
      await start({
        expireTime: 24 * 60 * MINUTE,
        renewTimestamp: 15 * MINUTE,
        touchAfter: MINUTE,
      });
      for (let visit = 0; visit < 10; visit++) {
        shop.clock.advance(15 * MINUTE - 1);
        await get('/me').expect(200);
      }
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      shop.clock.advance(15 * MINUTE);
      expectRefusal(await get('/me'), 'SESSION_EXPIRED');
    });
  });

  describe('other requests', () => {
    it('unguarded requests and those without a session renew nothing', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      expect(await updatesOf(() => get('/open').expect(200))).toBe(0);
      expect(await updatesOf(() => shop.http().get('/visitor').expect(200))).toBe(0);
    });

    it('without rolling no request renews, whatever renewTimestamp and touchAfter are', async () => {
      await start({ rolling: false, renewTimestamp: 30 * MINUTE, touchAfter: 1 });
      shop.clock.advance(5 * MINUTE);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      expect(await lifeLeft()).toBe(25 * MINUTE);
    });
  });

  describe('absoluteTimeout', () => {
    it('absoluteTimeout ends a session to the millisecond, however often it is used', async () => {
      await start({ absoluteTimeout: 100 * MINUTE });
      for (let visit = 0; visit < 9; visit++) {
        shop.clock.advance(11 * MINUTE);
        await get('/me').expect(200);
      }
      shop.clock.advance(MINUTE - 1);
      await get('/me').expect(200);
      expect(await lifeLeft()).toBe(1);
      shop.clock.advance(1);
      expectRefusal(await get('/me'), 'SESSION_EXPIRED');
    });

    it('no renewal is written if absoluteTimeout leaves it less than touchAfter to add', async () => {
      await start({ absoluteTimeout: 40 * MINUTE, touchAfter: MINUTE });
      shop.clock.advance(20 * MINUTE);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(1);
      shop.clock.advance(10 * MINUTE);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
    });
  });

  describe('a renewal', () => {
    it('a renewal is remembered for at most two minutes, for requests that read the row before it', async () => {
      await start({ touchAfter: 10 * MINUTE });
      shop.clock.advance(10 * MINUTE);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(1);
      const before = shop.clock.now() + 2 * MINUTE + 1;
      await setTimes(before, shop.clock.now() - 10 * MINUTE);
      for (const wait of [MINUTE - 1, 1, MINUTE - 1]) {
        shop.clock.advance(wait);
        expect(await updatesOf(() => get('/me').expect(200))).toBe(0);
      }
      shop.clock.advance(1);
      expect(await updatesOf(() => get('/me').expect(200))).toBe(1);
      expect(await lifeLeft()).toBe(30 * MINUTE);
    });
  });

  describe('a renewal after another process was faster', () => {
    it('a renewal that another process wrote first is neither reported nor written again', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      const events: SessionEvent[] = [];
      shop.manager.events$.subscribe((event) => void events.push(event));
      const end = shop.clock.now() + 30 * MINUTE - 1;
      // This runs after the guard has read the row, and before it renews it.
      const stop = listenToStatements(shop.connection, (text) => {
        if (text.startsWith('SELECT')) {
          stop();
          void setTimes(end, shop.clock.now() - 1);
        }
      });
      await get('/me').expect(200);
      expect(events).toEqual([]);
      expect((await shop.manager.inspectSession(token)).expiresAt.getTime()).toBe(end);
    });
  });

  describe('a renewal of a session that the same request ends', () => {
    it('a renewal of a session that the request ends meanwhile does not fail and does not revive it', async () => {
      await start();
      shop.clock.advance(5 * MINUTE);
      shop.logger.clear();
      await get('/hasty').expect(200, { exists: false });
      expect(shop.logger.lines()).toEqual([]);
    });
  });

  describe('a renewal that fails', () => {
    it('a failed renewal is logged without a token, and the request succeeds', async () => {
      await start();
      await forbid(shop.connection, 'UPDATE');
      shop.clock.advance(5 * MINUTE);
      shop.logger.clear();
      await get('/me').expect(200, { name: 'ada' });
      const [line, ...more] = shop.logger.lines();
      expect(more).toEqual([]);
      expect(shop.logger.lines('warn')).toEqual([line]);
      expect(line).toContain('not renewed');
      expect(line).not.toContain(secretOf(token));
      expect(await lifeLeft()).toBe(25 * MINUTE);
    });

    it('the next request tries a failed renewal again', async () => {
      await start();
      await forbid(shop.connection, 'UPDATE');
      shop.clock.advance(5 * MINUTE);
      await get('/me').expect(200);
      await shop.connection.query('DROP TRIGGER forbidden_UPDATE');
      expect(await updatesOf(() => get('/me').expect(200))).toBe(1);
      expect(await lifeLeft()).toBe(30 * MINUTE);
    });
  });
});
