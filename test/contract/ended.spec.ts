import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SessionDataError,
  SessionEndedError,
  SessionNotFoundError,
  SessionsConfigurationError,
  type SessionEndReason,
  type SessionEvent,
  type SessionManager,
} from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { TOKEN_METHODS } from '../support/sessions/token-methods.js';

const HOUR = 60 * 60 * 1000;
const RETENTION = 2 * HOUR;
const idOf = (token: string) => token.split('.')[0]!;

/** A word as an application would declare it. */
const PASSWORD_CHANGED = 'password-changed' as SessionEndReason;

type Data = { userId: string } | null;

describeDatabases((database) => {
  let sessions: TestSessions<Data>;
  let events: SessionEvent[];

  beforeEach(async () => {
    sessions = await openSessions<Data>(database, {
      expireTime: HOUR,
      cleanup: { interval: false, retention: RETENTION },
    });
    events = [];
    sessions.manager.events$.subscribe((event) => events.push(event));
  });
  afterEach(() => sessions.close());

  const create = (userId = 'ann') => sessions.manager.createSession({ userId });

  const rows = () =>
    sessions.select(
      `SELECT id, user_id, data, end_reason FROM ${sessions.tableName} ORDER BY created_at, id`,
    );

  /** Returns why a session ended, as the holder of its token hears it. */
  const reasonOf = async (token: string, manager: SessionManager = sessions.manager) => {
    const error: unknown = await manager.inspectSession(token).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SessionEndedError);
    return (error as SessionEndedError).reason;
  };

  const ended = () => events.filter(({ type }) => ['removed', 'evicted', 'expired'].includes(type));

  describe('a session that was ended', () => {
    it.each(TOKEN_METHODS)('%s says that the session was ended', async (_name, call) => {
      const token = await create();
      await sessions.manager.removeSession(token);
      const error: unknown = await call(sessions.manager, token).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(SessionNotFoundError);
      expect(error).toMatchObject({
        name: 'SessionEndedError',
        code: 'ERR_SESSION_ENDED',
        reason: 'logout',
        shownReason: 'logout',
      });
    });

    it('the row of an ended session keeps no data, and no client who has none', async () => {
      const token = await sessions.manager.createSession({ userId: 'ann' });
      await sessions.manager.removeSession(token);
      await expect(rows()).resolves.toEqual([
        { id: idOf(token), user_id: 'ann', data: '', end_reason: 'logout' },
      ]);
    });

    it('another secret does not hear that the session was ended', async () => {
      const token = await create();
      await sessions.manager.removeSession(token);
      const forged = `${idOf(token)}.${(await create()).split('.')[1]}`;
      await expect(sessions.manager.inspectSession(forged)).rejects.toMatchObject({
        code: 'ERR_SESSION_NOT_FOUND',
      });
    });

    it('a token that a rotation replaced hears it only in its grace', async () => {
      const replaced = await create();
      const rotated = await sessions.manager.regenerateSession(replaced, { grace: 1000 });
      await sessions.manager.removeSession(rotated);
      await expect(reasonOf(replaced)).resolves.toBe('logout');
      sessions.clock.advance(1000);
      await expect(sessions.manager.inspectSession(replaced)).rejects.toMatchObject({
        code: 'ERR_SESSION_NOT_FOUND',
      });
      await expect(reasonOf(rotated)).resolves.toBe('logout');
    });

    it('a session that was ended is ended rather than expired', async () => {
      const [first, second] = [await create(), await create()];
      await sessions.manager.removeSession(first);
      sessions.clock.advance(HOUR);
      await sessions.manager.removeSession(second);
      await expect(reasonOf(first)).resolves.toBe('logout');
      await expect(reasonOf(second)).resolves.toBe('logout');
    });

    it.each([-5000, 0, 5000])(
      'nothing brings an ended session back, by a clock that differs by %i ms',
      async (skew) => {
        const clock = { now: () => sessions.clock.now() + skew };
        const other = await sessions.another({ clock, cleanup: false });
        const token = await create();
        sessions.clock.advance(6000);
        const legal = await sessions.manager.regenerateSession(token, { grace: 60_000 });
        await sessions.manager.removeSession(legal);
        for (const [, call] of TOKEN_METHODS) {
          await expect(call(other, legal)).rejects.toThrow(SessionEndedError);
          await expect(call(other, token)).rejects.toThrow(SessionNotFoundError);
        }
        await expect(other.renewSession(legal, { allowExpired: true })).rejects.toThrow(
          SessionEndedError,
        );
        await expect(other.countSessions()).resolves.toBe(0);
        await expect(rows()).resolves.toMatchObject([{ data: '', end_reason: 'logout' }]);
      },
    );
  });

  describe('the reason', () => {
    it('each kind of ending has its reason, one event, and counts once', async () => {
      const { manager } = sessions;
      const [logout, byId, byOwnId, byUser, all] = [
        await create(),
        await create(),
        await create('bob'),
        await create('cid'),
        await create('dan'),
      ];
      for (let round = 0; round < 2; round++) {
        const count = round === 0 ? 1 : 0;
        await expect(manager.removeSession(logout)).resolves.toBe(true);
        await expect(manager.removeSessionById(idOf(byId))).resolves.toBe(count);
        await expect(manager.removeSessionById(idOf(byOwnId), { userId: 'bob' })).resolves.toBe(
          count,
        );
        await expect(manager.removeUserSessions('cid')).resolves.toBe(count);
        await expect(manager.removeAllSessions()).resolves.toBe(count);
      }
      await expect(reasonOf(logout)).resolves.toBe('logout');
      for (const token of [byId, byOwnId, byUser, all]) {
        await expect(reasonOf(token)).resolves.toBe('revoked');
      }
      expect(ended()).toMatchObject([
        { type: 'removed', reason: 'logout', id: idOf(logout) },
        { type: 'removed', reason: 'by-id', id: idOf(byId) },
        { type: 'removed', reason: 'by-id', id: idOf(byOwnId), userId: 'bob' },
        { type: 'removed', reason: 'by-user', id: idOf(byUser), userId: 'cid' },
        { type: 'removed', reason: 'all', id: idOf(all), userId: 'dan' },
      ]);
      expect(ended()).toHaveLength(5);
    });

    it('a login beyond the limit leaves evicted sessions, and does not count them again', async () => {
      const limited = await sessions.another({ maxSessionsPerUser: 2 });
      const evicted: SessionEvent[] = [];
      limited.events$.subscribe((event) => evicted.push(event));
      const tokens: string[] = [];
      for (let login = 0; login < 5; login++) {
        sessions.clock.advance(1);
        tokens.push(await limited.createSession({ userId: 'ann' }));
      }
      for (const token of tokens.slice(0, 3)) {
        await expect(reasonOf(token)).resolves.toBe('evicted');
      }
      await expect(limited.countSessions('ann')).resolves.toBe(2);
      expect(evicted.filter(({ type }) => type === 'evicted')).toMatchObject(
        tokens.slice(0, 3).map((token) => ({ id: idOf(token), userId: 'ann' })),
      );
    });

    it('a call can give its own word', async () => {
      const { manager } = sessions;
      const reason = PASSWORD_CHANGED;
      const tokens = [await create('a'), await create('b'), await create('c'), await create('d')];
      await manager.removeSession(tokens[0]!, { reason });
      await manager.removeSessionById(idOf(tokens[1]!), { reason });
      await manager.removeUserSessions('c', { reason });
      await manager.removeAllSessions({ reason });
      for (const token of tokens) {
        await expect(reasonOf(token)).resolves.toBe(reason);
      }
    });

    it.each(['', 'Logout', '1st', 'two words', 'a'.repeat(33), 'ü', "x'", 7, null])(
      'the word %j is refused, and nothing ends',
      async (word) => {
        const { manager } = sessions;
        const token = await create();
        const reason = word as SessionEndReason;
        for (const call of [
          () => manager.removeSession(token, { reason }),
          () => manager.removeSession('malformed', { reason }),
          () => manager.removeSessionById(idOf(token), { reason }),
          () => manager.removeUserSessions('ann', { reason }),
          () => manager.removeAllSessions({ reason }),
        ]) {
          await expect((async () => call())()).rejects.toThrow(SessionsConfigurationError);
        }
        await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      },
    );

    it('showEndReason: false keeps the reason from clients alone', async () => {
      const discreet = await sessions.another({ showEndReason: false });
      const token = await create();
      await discreet.removeSession(token);
      await expect(discreet.inspectSession(token)).rejects.toMatchObject({
        reason: 'logout',
        shownReason: 'ended',
      });
    });

    it('a damaged word is heard as a revocation', async () => {
      const token = await create();
      await sessions.sequelize.query(`UPDATE ${sessions.tableName} SET end_reason = '<b>'`);
      await expect(reasonOf(token)).resolves.toBe('revoked');
    });
  });

  describe('without a retention', () => {
    it.each([
      ['retention: 0', { cleanup: { interval: false, retention: 0 } as const }],
      ['cleanup: false', { cleanup: false } as const],
    ])('with %s a session that ends is deleted at once', async (_name, options) => {
      const manager = await sessions.another({ ...options, maxSessionsPerUser: 1 });
      const tokens = [await create('a'), await create('b'), await create('c'), await create('d')];
      await manager.removeSession(tokens[0]!);
      await manager.removeSessionById(idOf(tokens[1]!));
      await manager.removeUserSessions('c');
      await manager.createSession({ userId: 'd' });
      await expect(rows()).resolves.toMatchObject([{ user_id: 'd', end_reason: '' }]);
      await manager.removeAllSessions();
      await expect(rows()).resolves.toEqual([]);
      for (const token of tokens) {
        await expect(manager.inspectSession(token)).rejects.toMatchObject({
          code: 'ERR_SESSION_NOT_FOUND',
        });
      }
    });

    it('a session that was ended with a retention is not ended again without one', async () => {
      const manager = await sessions.another({ cleanup: false });
      const token = await create();
      await sessions.manager.removeSession(token);
      const others: SessionEvent[] = [];
      manager.events$.subscribe((event) => others.push(event));
      await manager.removeSession(token);
      await expect(manager.removeSessionById(idOf(token))).resolves.toBe(0);
      await expect(manager.removeUserSessions('ann')).resolves.toBe(0);
      await expect(manager.removeAllSessions()).resolves.toBe(0);
      expect(others).toEqual([]);
      await expect(manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(rows()).resolves.toEqual([]);
    });
  });

  describe('removal after the retention', () => {
    it('removeExpiredSessions counts what expired, and deletes ended rows after the retention', async () => {
      const { manager, clock } = sessions;
      const [gone, expired] = [await create(), await create()];
      await manager.removeSession(gone);
      clock.advance(HOUR);
      await expect(manager.removeExpiredSessions({ batchSize: 1 })).resolves.toBe(1);
      await expect(manager.inspectSession(expired)).rejects.toMatchObject({
        code: 'ERR_SESSION_NOT_FOUND',
      });
      clock.advance(RETENTION - HOUR - 1);
      await expect(manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(reasonOf(gone)).resolves.toBe('logout');
      clock.advance(1);
      await expect(manager.removeExpiredSessions()).resolves.toBe(0);
      await expect(rows()).resolves.toEqual([]);
      expect(ended().map(({ type }) => type)).toEqual(['removed', 'expired']);
    });

    it.each([1, 2, 1000])(
      'removeExpiredSessions finds every expired session among ended ones, %i at a time',
      async (batchSize) => {
        const { manager, clock } = sessions;
        for (let pair = 0; pair < 6; pair++) {
          // Some of one moment, some not: rows of the same moment have an order too.
          clock.advance(pair % 2);
          const [token] = [await create(), await create('bob')];
          await manager.removeSession(token);
        }
        clock.advance(HOUR);
        await expect(manager.removeExpiredSessions({ batchSize })).resolves.toBe(6);
        await expect(rows()).resolves.toHaveLength(6);
        clock.advance(RETENTION);
        await expect(manager.removeExpiredSessions({ batchSize })).resolves.toBe(0);
        await expect(rows()).resolves.toEqual([]);
      },
    );

    it('the background cleanup deletes ended rows without an event', async () => {
      const { manager, clock } = sessions;
      await manager.removeSession(await create());
      clock.advance(HOUR + RETENTION);
      const expiring = await manager.createSession(null, { expireTime: 1 });
      clock.advance(1 + RETENTION);
      const cleaning = await sessions.another({ cleanup: { interval: 1, retention: RETENTION } });
      const seen: SessionEvent[] = [];
      await new Promise<void>((resolve) => {
        cleaning.events$.subscribe((event) => {
          seen.push(event);
          resolve();
        });
      });
      await cleaning.close();
      expect(seen).toMatchObject([{ type: 'expired', id: idOf(expiring) }]);
      await expect(rows()).resolves.toEqual([]);
    });
  });

  describe('listSessions with ended', () => {
    it('the history has the ended sessions of the user, the newest first, by pages', async () => {
      const { manager, clock } = sessions;
      const tokens: string[] = [];
      for (let login = 0; login < 5; login++) {
        clock.advance(1);
        tokens.push(
          await manager.createSession({ userId: 'ann' }, { client: { userAgent: 'Firefox' } }),
        );
      }
      const createdAt = new Date(clock.now() - 4);
      await create('bob');
      await manager.removeSession(tokens[0]!);
      clock.advance(10);
      await manager.removeSession(tokens[2]!, { reason: PASSWORD_CHANGED });
      await manager.removeSessionById(idOf(tokens[4]!));
      const history = await manager.listSessions('ann', { ended: true });
      expect(history.map(({ id, endReason }) => [id, endReason])).toEqual([
        [idOf(tokens[4]!), 'revoked'],
        [idOf(tokens[2]!), PASSWORD_CHANGED],
        [idOf(tokens[0]!), 'logout'],
      ]);
      expect(history[2]).toEqual({
        id: idOf(tokens[0]!),
        createdAt,
        renewedAt: createdAt,
        endedAt: new Date(createdAt.getTime() + 4),
        endReason: 'logout',
        client: { ip: undefined, userAgent: 'Firefox' },
        device: 'unbound',
      });
      const first = await manager.listSessions('ann', { ended: true, limit: 2 });
      expect(first).toEqual(history.slice(0, 2));
      await expect(
        manager.listSessions('ann', { ended: true, limit: 2, before: first.at(-1) }),
      ).resolves.toEqual(history.slice(2));
      const live = await manager.listSessions('ann');
      expect(live.map(({ id }) => id)).toEqual([idOf(tokens[3]!), idOf(tokens[1]!)]);
    });

    it.each([{ ended: false }, { ended: 'yes' }, { ended: true, limit: 0 }, { ended: true, x: 1 }])(
      'listSessions refuses %j',
      async (options) => {
        await expect(
          sessions.manager.listSessions('ann', options as { ended: true }),
        ).rejects.toThrow(SessionsConfigurationError);
      },
    );
  });

  describe('eraseUser', () => {
    it('eraseUser deletes every row of the user, live, expired and ended', async () => {
      const { manager, clock } = sessions;
      const expired = await create();
      clock.advance(HOUR);
      const [gone, live] = [await create(), await create()];
      const other = await create('bob');
      await manager.removeSession(gone);
      await manager.removeSession(other);
      await expect(manager.eraseUser('ann')).resolves.toBe(3);
      await expect(rows()).resolves.toMatchObject([{ id: idOf(other) }]);
      const ids = new Set(ended().map((event) => 'id' in event && event.id));
      expect(ids).toEqual(new Set([gone, other, expired, live].map(idOf)));
      expect(ended()).toHaveLength(4);
      await expect(manager.eraseUser('ann')).resolves.toBe(0);
    });

    it('eraseUser(undefined) fails', async () => {
      await expect(sessions.manager.eraseUser(undefined as never)).rejects.toThrow(
        SessionDataError,
      );
    });
  });
});
