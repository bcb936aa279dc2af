import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { config, filter, finalize, map } from 'rxjs';
import type { SessionEvent } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';

const MINUTE = 60_000;

/** Runs `work` and returns the errors that would have ended the process meanwhile. */
async function failuresOf(work: () => Promise<unknown>): Promise<unknown[]> {
  const failures: unknown[] = [];
  // RxJS throws these from a timer otherwise.
  config.onUnhandledError = (error) => void failures.push(error);
  try {
    const rejections = await unhandledRejectionsOf(async () => {
      await work();
      await new Promise((done) => setTimeout(done));
    });
    return [...failures, ...rejections];
  } finally {
    config.onUnhandledError = null;
  }
}

const idOf = (token: string) => token.split('.')[0]!;

describeDatabases((database) => {
  let sessions: TestSessions;
  let events: SessionEvent[];

  beforeEach(async () => {
    sessions = await openSessions(database, { expireTime: MINUTE, maxSessionsPerUser: 2 });
    events = [];
    sessions.manager.events$.subscribe((event) => {
      events.push(event);
    });
  });
  afterEach(() => sessions.close());

  describe('events$', () => {
    it('events$ reports the life of a session without its token', async () => {
      const { manager, clock } = sessions;
      const token = await manager.createSession({ userId: 'ann' });
      await manager.updateSession(token, { userId: 'ann', n: 1 });
      await manager.renewSession(token);
      const next = await manager.regenerateSession(token);
      await manager.removeSession(next);
      const id = idOf(token);
      const at = new Date(clock.now());
      expect(events).toEqual([
        { type: 'created', id, userId: 'ann', at },
        { type: 'updated', id, at },
        { type: 'renewed', id, at },
        { type: 'regenerated', id, at },
        { type: 'removed', reason: 'logout', id, at },
      ]);
      expect(JSON.stringify(events)).not.toContain(token.split('.')[1]);
    });

    it('events$ reports evictions and removals by id and by user', async () => {
      const { manager, clock } = sessions;
      const ids: string[] = [];
      for (let index = 0; index < 4; index++) {
        ids.push(idOf(await manager.createSession({ userId: 'ann' })));
        clock.advance(1);
      }
      events.length = 0;
      await manager.removeSessionById(ids[2]!);
      await manager.removeUserSessions('ann');
      expect(events).toMatchObject([
        { type: 'removed', reason: 'by-id', id: ids[2], userId: 'ann' },
        { type: 'removed', reason: 'by-user', id: ids[3], userId: 'ann' },
      ]);
    });

    it('events$ reports the sessions that make room for a login', async () => {
      const { manager, clock } = sessions;
      const first = await manager.createSession({ userId: 'ann' });
      clock.advance(1);
      await manager.createSession({ userId: 'ann' });
      clock.advance(1);
      await manager.createSession({ userId: 'ann' });
      expect(events.map(({ type }) => type)).toEqual(['created', 'created', 'evicted', 'created']);
      expect(events[2]).toMatchObject({ id: idOf(first), userId: 'ann' });
    });

    it('events$ reports what removeExpiredSessions removed', async () => {
      const token = await sessions.manager.createSession({ userId: 'ann' });
      sessions.clock.advance(MINUTE);
      await sessions.manager.removeExpiredSessions();
      expect(events[1]).toMatchObject({ type: 'expired', id: idOf(token), userId: 'ann' });
    });

    it('events$ reports nothing that did not happen', async () => {
      await sessions.manager.removeSession('no token');
      const token = await sessions.manager.createSession();
      await sessions.manager.removeSession(token);
      events.length = 0;
      await sessions.manager.removeSession(token);
      await sessions.manager.updateSession(token, {}).catch(() => {});
      expect(events).toEqual([]);
    });

    it('events$ goes on after a subscriber throws, synchronously or later', async () => {
      sessions.manager.events$.subscribe(() => {
        throw new Error('a broken subscriber');
      });
      sessions.manager.events$.subscribe(async () => {
        throw new Error('a broken asynchronous subscriber');
      });
      const broken = sessions.manager.events$.pipe(filter(({ type }) => type === 'created'));
      broken.subscribe(() => {
        throw new Error('a broken subscriber behind an operator');
      });
      const failing = sessions.manager.events$.pipe(
        map(() => {
          throw new Error('a broken operator');
        }),
      );
      failing.subscribe();
      const after: SessionEvent[] = [];
      sessions.manager.events$.subscribe({ next: (event) => void after.push(event) });
      await sessions.manager.createSession();
      expect(after).toHaveLength(1);
    });

    const prototypeless: unknown = Object.create(null);
    const messageless = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('no message');
      },
    });

    it.each([
      ['without a prototype', prototypeless],
      ['whose message throws', messageless],
    ])('an error of a subscriber is logged, also %s', async (_, thrown) => {
      const { manager } = sessions;
      const fail = () => {
        throw thrown;
      };
      manager.events$.subscribe(fail);
      manager.events$.pipe(map(fail)).subscribe({ error: fail });
      manager.events$.subscribe({ complete: fail });
      manager.events$.subscribe({ complete: async () => fail() });
      manager.events$.pipe(finalize(fail)).subscribe();
      let completed = false;
      manager.events$.subscribe({ complete: () => void (completed = true) });
      const failures = await failuresOf(async () => {
        await manager.createSession();
        await manager.close();
      });
      expect({ failures, completed }).toEqual({ failures: [], completed: true });
    });

    it('events$ completes when the manager is closed', async () => {
      let completed = false;
      sessions.manager.events$.subscribe({
        complete: () => {
          completed = true;
        },
      });
      await sessions.manager.close();
      expect(completed).toBe(true);
    });
  });
});
