import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  SessionsConfigurationError,
  SessionWatch,
  type SessionEnd,
  type SessionEndReason,
  type WatchEndReason,
  type SessionManager,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { unhandledRejectionsOf } from '../support/promises/unhandled-rejections.js';
import { endOf, idOf, unknownId, watchId, watchToken } from '../support/sessions/watching.js';

const MINUTE = 60_000;
const MOVED = 'moved' as SessionEndReason;

describeDatabases((database) => {
  let sessions: TestSessions;
  let manager: SessionManager;

  beforeEach(async () => {
    // With so long an interval, only what this process knows can end a watch in time.
    sessions = await openSessions(database, {
      expireTime: MINUTE,
      maxSessionsPerUser: 2,
      watch: { interval: 10 * MINUTE },
    });
    ({ manager } = sessions);
  });
  afterEach(() => sessions.close());

  describe('a session that this process ends', () => {
    const ENDINGS: [
      reason: WatchEndReason,
      how: string,
      end: (token: string, all: TestSessions) => Promise<unknown>,
    ][] = [
      ['logout', 'removeSession', (token) => manager.removeSession(token)],
      ['revoked', 'removeSessionById', (token) => manager.removeSessionById(idOf(token))],
      ['revoked', 'removeUserSessions', () => manager.removeUserSessions('ann')],
      ['revoked', 'removeAllSessions', () => manager.removeAllSessions()],
      [
        'revoked',
        'removeSession with a word of the application',
        (token) => manager.removeSession(token, { reason: MOVED }),
      ],
      [
        'logout',
        'removeSessionById, as a logout',
        (token) => manager.removeSessionById(idOf(token), { reason: 'logout' }),
      ],
      [
        'evicted',
        'removeUserSessions, as an eviction',
        () => manager.removeUserSessions('ann', { reason: 'evicted' }),
      ],
      [
        'replaced',
        'removeAllSessions, as a replacement',
        () => manager.removeAllSessions({ reason: 'replaced' }),
      ],
      ['rotated', 'regenerateSession', (token) => manager.regenerateSession(token)],
      [
        'expired',
        'removeExpiredSessions',
        (_, { clock }) => {
          clock.advance(MINUTE);
          return manager.removeExpiredSessions();
        },
      ],
      [
        'evicted',
        'a login beyond the limit',
        async (_, { clock }) => {
          for (let logins = 0; logins < 2; logins++) {
            clock.advance(1);
            await manager.createSession({ userId: 'ann' });
          }
        },
      ],
    ];

    it.each(ENDINGS)('the watch reports %s at once, by %s', async (reason, _, end) => {
      const token = await manager.createSession({ userId: 'ann' });
      const other = await manager.createSession({ userId: 'ann' });
      const watched = watchToken(manager, token);
      const byId = watchId(manager, idOf(token));
      await end(token, sessions);
      const ends = [endOf(token, reason)];
      expect([watched.ends, byId.ends]).toEqual([ends, ends]);
      await manager.removeSession(token);
      await manager.removeSession(other);
      expect(watched.ends).toEqual(ends);
    });

    it('a rotation with a grace ends no watch', async () => {
      const token = await manager.createSession();
      const watched = watchToken(manager, token);
      const next = await manager.regenerateSession(token, { grace: MINUTE });
      expect(watched.ends).toEqual([]);
      await manager.removeSession(next);
      expect(watched.ends).toEqual([endOf(token, 'logout')]);
    });

    it('a change and a renewal end no watch, and a watch does not renew', async () => {
      const token = await manager.createSession({ userId: 'ann' });
      const watched = watchToken(manager, token);
      const { expiresAt } = await manager.inspectSession(token);
      sessions.clock.advance(1000);
      // Its first read is over before that of a session that came later.
      await watchId(manager, unknownId()).ended;
      expect(await manager.inspectSession(token)).toMatchObject({ expiresAt, version: 1 });
      await manager.updateSession(token, { userId: 'ann', n: 1 });
      await manager.renewSession(token);
      expect(watched.ends).toEqual([]);
      watched.stop();
      await manager.removeSession(token);
      expect(watched.ends).toEqual([]);
    });
  });

  describe('a token in its grace', () => {
    /** Reads all sessions that are due by the clock. */
    const readDue = () => watchId(manager, unknownId()).ended;

    it.each([
      ['can only read', 1],
      ['can also write', -1],
    ])('a watch by a replaced token that %s ends with the grace', async (_, sign) => {
      const { sequelize, tableName, clock } = sessions;
      const token = await manager.createSession();
      const next = await manager.regenerateSession(token, { grace: 1000 });
      await sequelize.query(
        `UPDATE ${tableName} SET previous_valid_until = ${sign} * previous_valid_until`,
      );
      const [replaced, current] = [watchToken(manager, token), watchToken(manager, next)];
      await readDue();
      clock.advance(999);
      await readDue();
      expect([replaced.ends, current.ends]).toEqual([[], []]);
      clock.advance(1);
      await readDue();
      expect([replaced.ends, current.ends]).toEqual([[endOf(token, 'rotated')], []]);
    });
  });

  describe('the first read', () => {
    it('a session that ended before has its reason, and an id that never existed counts as ended', async () => {
      const token = await manager.createSession();
      const next = await manager.createSession();
      await manager.removeSession(token);
      const [gone, never] = [watchToken(manager, token), watchId(manager, unknownId())];
      const live = watchToken(manager, next);
      expect((await gone.ended).reason).toBe('logout');
      expect((await never.ended).reason).toBe('ended');
      expect([gone.ends, never.ends, live.ends]).toMatchObject([[{}], [{}], []]);
    });

    it('a rotation between the verification and the watch counts, if the watch has the token', async () => {
      const [token, graced] = [await manager.createSession(), await manager.createSession()];
      const next = await manager.regenerateSession(token);
      await manager.regenerateSession(graced, { grace: MINUTE });
      const [late, byId] = [watchToken(manager, token), watchId(manager, idOf(token))];
      const [current, inGrace] = [watchToken(manager, next), watchToken(manager, graced)];
      expect(await late.ended).toEqual(endOf(token, 'rotated'));
      expect([byId.ends, current.ends, inGrace.ends]).toEqual([[], [], []]);
    });

    it('a session that has expired by the clock counts as expired', async () => {
      const token = await manager.createSession();
      sessions.clock.advance(MINUTE);
      expect(await watchToken(manager, token).ended).toEqual(endOf(token, 'expired'));
    });
  });

  describe('the callbacks', () => {
    it('a callback can stop other watches and watch again, and is called once', async () => {
      const token = await manager.createSession();
      const watch = new SessionWatch(manager);
      const calls: string[] = [];
      const stopFirst = watch.watch(idOf(token), () => {
        calls.push('first');
        stopFirst();
        stopSecond();
        watch.watch(idOf(token), ({ reason }) => void calls.push(reason));
      });
      const stopSecond = watch.watch(idOf(token), () => void calls.push('second'));
      const third = watchToken(manager, token);
      await manager.removeSession(token);
      await watchId(manager, unknownId()).ended;
      expect([calls, third.ends]).toEqual([['first', 'logout'], [endOf(token, 'logout')]]);
      stopFirst();
    });

    it('a callback that throws or rejects is reported, and hurts no other', async () => {
      const token = await manager.createSession();
      const watch = new SessionWatch(manager);
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      let ends: readonly SessionEnd[] = [];
      const failures = await unhandledRejectionsOf(async () => {
        watch.watch(idOf(token), () => {
          throw new Error('a broken callback');
        });
        watch.watch(idOf(token), async () => {
          throw new Error('a broken promise');
        });
        ({ ends } = watchToken(manager, token));
        await manager.removeSession(token);
      });
      const warnings = emitWarning.mock.calls.map(([message]) => message);
      emitWarning.mockRestore();
      expect({ failures, ends }).toMatchObject({ failures: [], ends: [{ reason: 'logout' }] });
      expect(warnings).toEqual([
        'A callback of SessionWatch failed: a broken callback',
        'A callback of SessionWatch failed: a broken promise',
      ]);
    });

    it('no callback is called once the manager is closed', async () => {
      const token = await manager.createSession();
      const closed = await sessions.another();
      const watched = watchToken(closed, token);
      await closed.close();
      const late = watchToken(closed, token);
      await manager.removeSession(token);
      await watchToken(manager, token).ended;
      expect([watched.ends, late.ends]).toEqual([[], []]);
      late.stop();
    });

    it('wrong arguments are refused, and a token is not shown', async () => {
      const [token, other] = [await manager.createSession(), await manager.createSession()];
      const watch = new SessionWatch(manager);
      const wrong: [unknown, unknown, unknown?][] = [
        [token, () => {}],
        [undefined, () => {}],
        ['no id', () => {}],
        [idOf(token), undefined],
        [idOf(token), () => {}, { token: other }],
        [idOf(token), () => {}, { token: 'no token' }],
        [idOf(token), () => {}, { tokens: token }],
      ];
      for (const given of wrong) {
        const call = () => watch.watch(...(given as Parameters<SessionWatch['watch']>));
        expect(call).toThrow(SessionsConfigurationError);
        expect(call).not.toThrow(token.split('.')[1]);
      }
      expect(() => new SessionWatch({} as SessionManager)).toThrow(SessionsConfigurationError);
    });
  });
});
