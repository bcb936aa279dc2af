import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  SessionLimitError,
  SessionsConfigurationError,
  SessionStoreError,
  type SessionEvent,
  type SessionManager,
} from 'nestjs-server-sessions';
import { SessionManagerStore } from 'nestjs-server-sessions/express-session';
import { QueryTypes } from 'sequelize';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { eventually } from '../support/promises/eventually.js';
import { rejectionOf } from '../support/promises/rejection.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const SECRET = 'a secret of the store, 32 or more';

/** The id of a session, as express-session generates it. */
const SID = 'L6wUBJHHtHEBS7VDeAMUPMZgRGxB2XQp';

/** Data of a session whose cookie ends at this time from now; `undefined`: with the browser. */
const dataWith = (maxAge: number | undefined, more: object = {}) => ({
  cookie: {
    originalMaxAge: maxAge ?? null,
    expires: maxAge === undefined ? null : new Date(Date.now() + maxAge),
    httpOnly: true,
    path: '/',
  },
  ...more,
});

/** Returns what a method passes to its callback. */
const called = <Result = void>(call: (callback: (error: any, result?: any) => void) => void) =>
  new Promise<Result>((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });

/** The methods of a store as promises. */
const promisesOf = (store: SessionManagerStore) => ({
  get: (sid: string) => called<any>((callback) => store.get(sid, callback)),
  set: (sid: string, data: object) => called((callback) => store.set(sid, data, callback)),
  touch: (sid: string, data: object) => called((callback) => store.touch(sid, data, callback)),
  destroy: (sid: string) => called((callback) => store.destroy(sid, callback)),
  length: () => called<number>((callback) => store.length(callback)),
  clear: () => called((callback) => store.clear(callback)),
});

describeDatabases((database) => {
  let sessions: TestSessions;
  let store: SessionManagerStore;
  let calls: ReturnType<typeof promisesOf>;

  const storeOf = (manager: SessionManager, secret = SECRET) =>
    new SessionManagerStore(manager, { secret });
  const lifeLeft = async (sid = SID) =>
    (await sessions.manager.inspectSession(store.tokenFor(sid))).expiresAt.getTime() -
    sessions.clock.now();
  /** Checks a time that the clock of the process has shortened by the duration of the test. */
  const expectAbout = (left: number, expected: number) => {
    expect(left).toBeLessThanOrEqual(expected);
    expect(left).toBeGreaterThan(expected - MINUTE / 2);
  };

  beforeEach(async () => {
    sessions = await openSessions(database, {
      userId: (data) => data?.passport?.user ?? null,
      maxSessionsPerUser: 2,
      onSessionLimit: 'reject',
    });
    store = storeOf(sessions.manager);
    calls = promisesOf(store);
  });
  afterEach(() => sessions.close());

  describe('the store for express-session', () => {
    it('a session is stored, replaced and destroyed', async () => {
      await expect(calls.get(SID)).resolves.toBeNull();
      await calls.set(SID, dataWith(HOUR, { views: 1 }));
      const loaded = await calls.get(SID);
      expect(JSON.parse(JSON.stringify(loaded))).toEqual({
        cookie: {
          originalMaxAge: HOUR,
          expires: expect.any(String),
          httpOnly: true,
          path: '/',
        },
        views: 1,
      });
      loaded.views++;
      await calls.set(SID, loaded);
      await expect(calls.get(SID)).resolves.toMatchObject({ views: 2 });
      await calls.destroy(SID);
      await calls.destroy(SID);
      await expect(calls.get(SID)).resolves.toBeNull();
    });

    it('the table holds neither the id in the cookie nor the secret of the token', async () => {
      await calls.set(SID, dataWith(HOUR));
      const rows = JSON.stringify(await sessions.select(`SELECT * FROM ${sessions.tableName}`));
      const [id, secret] = store.tokenFor(SID).split('.') as [string, string];
      expect(rows).toContain(id);
      expect(rows).not.toContain(secret);
      expect(rows).not.toContain(SID);
      expect(rows).not.toContain('nestjs-server-sessions');
    });

    it('a session opens only with the secret of the store, and by its id nothing opens', async () => {
      await calls.set(SID, dataWith(HOUR));
      const other = storeOf(sessions.manager, `${SECRET}.`);
      await expect(promisesOf(other).get(SID)).resolves.toBeNull();
      expect(other.tokenFor(SID)).not.toBe(store.tokenFor(SID));
      const { id } = await sessions.manager.inspectSession(store.tokenFor(SID));
      for (const token of [SID, id, `${id}.${SID}`, `${id}.${SECRET}`]) {
        await expect(sessions.manager.retrieveSession(token)).rejects.toThrow('no session');
        await sessions.manager.removeSession(token);
      }
      await expect(calls.get(SID)).resolves.not.toBeNull();
    });

    it('the store does not open a session of the manager by its token or a part of it', async () => {
      const token = await sessions.manager.createSession({ cookie: {} });
      for (const part of [token, ...token.split('.')]) {
        await expect(calls.get(part)).resolves.toBeNull();
        await calls.destroy(part);
        await calls.touch(part, dataWith(HOUR));
      }
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ cookie: {} });
    });

    it.each([
      '',
      'short',
      'a'.repeat(31),
      'a'.repeat(129),
      `${'a'.repeat(40)}.`,
      `${'a'.repeat(40)}\n`,
      1,
      null,
    ])(
      'an id of another form is never found, and is refused for a new session: %j',
      async (sid: any) => {
        const statements = await sessions.statementsOf(async () => {
          await expect(calls.get(sid)).resolves.toBeNull();
          await calls.destroy(sid);
          await calls.touch(sid, dataWith(HOUR));
          await expect(calls.set(sid, dataWith(HOUR))).rejects.toThrow(SessionsConfigurationError);
          expect(() => store.tokenFor(sid)).toThrow(SessionsConfigurationError);
        });
        expect(statements).toEqual([]);
      },
    );

    it('an id of 32 to 128 characters is accepted', async () => {
      for (const sid of ['-'.repeat(32), '_'.repeat(128)]) {
        await calls.set(sid, dataWith(HOUR));
        await expect(calls.get(sid)).resolves.not.toBeNull();
      }
    });
  });

  describe('a removed session', () => {
    const ENDS: [string, () => Promise<unknown>][] = [
      ['its destruction', () => calls.destroy(SID)],
      ['its removal by the manager', () => sessions.manager.removeUserSessions('ann')],
      ['its expiry', async () => sessions.clock.advance(2 * HOUR)],
    ];

    it.each(ENDS)('a session that was loaded is not restored after %s', async (_, end) => {
      await calls.set(SID, dataWith(HOUR, { passport: { user: 'ann' } }));
      const loaded = await calls.get(SID);
      // As @fastify/session does, which makes its own object of the loaded one.
      const copied: Record<string, unknown> = {};
      for (const key in loaded) {
        copied[key] = loaded[key];
      }
      await end();
      for (const each of [loaded, copied]) {
        await calls.set(SID, { ...each, views: 2 });
        await calls.touch(SID, each);
      }
      await expect(calls.get(SID)).resolves.toBeNull();
      await expect(sessions.manager.listSessions('ann')).resolves.toEqual([]);
    });

    it.each(ENDS)('a session that was saved is not restored after %s', async (_, end) => {
      const data = dataWith(HOUR, { passport: { user: 'ann' } });
      await calls.set(SID, data);
      await end();
      await calls.set(SID, data);
      await expect(calls.get(SID)).resolves.toBeNull();
    });

    it('sessions are not restored by saves that are still in flight', async () => {
      const ids = Array.from({ length: 30 }, (_, index) => SID + index);
      const work = ids.map(async (sid) => {
        const data = dataWith(HOUR);
        const saved = calls.set(sid, data);
        await Promise.all([saved, calls.destroy(sid), saved.then(() => calls.set(sid, data))]);
      });
      await Promise.all(work);
      await expect(calls.length()).resolves.toBe(0);
    });

    // PostgreSQL shows which statements wait.
    (database.name === 'PostgreSQL' ? it : it.skip)(
      'a removal does not wait for the saves of other requests',
      async () => {
        await calls.set(SID, dataWith(HOUR));
        const loaded = await Promise.all([1, 2, 3].map(() => calls.get(SID)));
        const other = database.connect();
        const transaction = await other.transaction();
        await other.query(`SELECT id FROM ${sessions.tableName} FOR UPDATE`, { transaction });
        const saves = loaded.map((session, index) => calls.set(SID, { ...session, index }));
        const removal = calls.destroy(SID);
        // As the saves, it waits for the lock.
        const isRemoving =
          "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE :statement";
        await eventually(async () => {
          const replacements = { statement: `UPDATE %${sessions.tableName}% end_reason = $%` };
          const rows = await other.query(isRemoving, { replacements, type: QueryTypes.SELECT });
          expect(rows).toHaveLength(1);
        }).finally(() => transaction.commit());
        await Promise.all([...saves, removal]);
        await other.close();
        await expect(calls.get(SID)).resolves.toBeNull();
      },
    );

    it('a login that is saved after the removal of its new session does not restore it', async () => {
      const data = dataWith(HOUR);
      await calls.set(SID, data);
      const removal = calls.destroy(SID);
      const login = calls.set(SID, Object.assign(data, { passport: { user: 'ann' } }));
      await Promise.all([removal, login]);
      await expect(calls.length()).resolves.toBe(0);
    });

    it('the saves of one request take place in the order of its calls', async () => {
      await calls.set(SID, dataWith(HOUR));
      const loaded = await calls.get(SID);
      const views = Array.from({ length: 20 }, (_, index) => index);
      await Promise.all(
        views.map((index) => calls.set(SID, Object.assign(loaded, { views: index }))),
      );
      await expect(calls.get(SID)).resolves.toMatchObject({ views: 19 });
    });

    it('a new session can have the data of a removed one', async () => {
      await calls.set(SID, dataWith(HOUR, { basket: ['apple'] }));
      const loaded = await calls.get(SID);
      await calls.destroy(SID);
      const fresh = SID.toLowerCase();
      await calls.set(fresh, { ...loaded });
      await expect(calls.get(fresh)).resolves.toMatchObject({ basket: ['apple'] });
    });
  });

  describe('two managers on one table', () => {
    it('a new session whose id is taken is updated', async () => {
      const other = promisesOf(storeOf(await sessions.another()));
      await Promise.all([calls.set(SID, dataWith(HOUR)), other.set(SID, dataWith(HOUR))]);
      await calls.set(SID, dataWith(HOUR, { views: 3 }));
      await expect(other.get(SID)).resolves.toMatchObject({ views: 3 });
      await expect(other.length()).resolves.toBe(1);
    });

    it('a session that another manager removed is not restored', async () => {
      const other = promisesOf(storeOf(await sessions.another()));
      await calls.set(SID, dataWith(HOUR));
      const loaded = await calls.get(SID);
      await other.destroy(SID);
      await calls.set(SID, loaded);
      await expect(other.get(SID)).resolves.toBeNull();
    });
  });

  describe('the lifetime', () => {
    it('a session lives as long as its cookie, also if a save shortens it', async () => {
      await calls.set(SID, dataWith(10 * HOUR));
      expectAbout(await lifeLeft(), 10 * HOUR);
      const loaded = await calls.get(SID);
      await calls.set(SID, { ...loaded, ...dataWith(MINUTE) });
      expectAbout(await lifeLeft(), MINUTE);
      sessions.clock.advance(MINUTE);
      await expect(calls.get(SID)).resolves.toBeNull();
    });

    it('touch renews a session to the lifetime of its cookie', async () => {
      await calls.set(SID, dataWith(HOUR));
      sessions.clock.advance(HOUR / 2);
      expectAbout(await lifeLeft(), HOUR / 2);
      await calls.touch(SID, dataWith(HOUR));
      expectAbout(await lifeLeft(), HOUR);
    });

    it('the loaded cookie ends with the row, however often only touch renewed it', async () => {
      await calls.set(SID, dataWith(HOUR));
      await calls.touch(SID, dataWith(3 * HOUR));
      const { cookie } = await calls.get(SID);
      expect(cookie.expires).toBeInstanceOf(Date);
      expectAbout(cookie.expires - Date.now(), 3 * HOUR);
    });

    it('a session whose cookie ends with the browser lives by the options', async () => {
      await calls.set(SID, dataWith(undefined));
      await expect(lifeLeft()).resolves.toBe(24 * HOUR);
      sessions.clock.advance(23.5 * HOUR);
      await calls.touch(SID, dataWith(undefined));
      await expect(lifeLeft()).resolves.toBe(HOUR);
      await expect(calls.get(SID)).resolves.toMatchObject({ cookie: { expires: null } });
    });

    it.each([false, null])(
      'a session whose cookie had an end lives for `expireTime` from the save that removes it: %j',
      async (expires) => {
        const data = dataWith(20 * 24 * HOUR);
        await calls.set(SID, data);
        await calls.set(SID, Object.assign(data, { cookie: { ...data.cookie, expires } }));
        await expect(lifeLeft()).resolves.toBe(24 * HOUR);
        const loaded = await calls.get(SID);
        sessions.clock.advance(HOUR);
        await calls.set(SID, loaded);
        await calls.touch(SID, loaded);
        await expect(lifeLeft()).resolves.toBe(23 * HOUR);
        await calls.set(SID, { ...loaded, ...dataWith(20 * 24 * HOUR) });
        const again = await calls.get(SID);
        again.cookie.expires = expires;
        await calls.set(SID, again);
        await expect(lifeLeft()).resolves.toBe(24 * HOUR);
      },
    );

    it('a cookie that ends after absoluteTimeout gives the longest lifetime', async () => {
      await calls.set(SID, dataWith(365 * 24 * HOUR));
      await expect(lifeLeft()).resolves.toBe(30 * 24 * HOUR);
    });

    it.each(['set', 'touch'] as const)('%s ends a session whose cookie has ended', async (name) => {
      await calls.set(SID, dataWith(HOUR));
      await calls[name](SID, { ...(await calls.get(SID)), ...dataWith(-1) });
      await expect(calls.get(SID)).resolves.toBeNull();
      await expect(calls.length()).resolves.toBe(0);
    });
  });

  describe('the owner', () => {
    it('the manager lists and ends the sessions of a user', async () => {
      await calls.set(SID, dataWith(HOUR, { passport: { user: 'ann' } }));
      const [listed] = await sessions.manager.listSessions('ann');
      const { id } = await sessions.manager.inspectSession(store.tokenFor(SID));
      expect(listed).toMatchObject({ id });
      await expect(sessions.manager.removeSessionById(id, { userId: 'ann' })).resolves.toBe(1);
      await expect(calls.get(SID)).resolves.toBeNull();
    });

    it('a loaded session gets no owner and no other one, but can lose its own', async () => {
      const save = async (change: object) =>
        calls.set(SID, { ...(await calls.get(SID)), ...change });
      await calls.set(SID, dataWith(HOUR));
      const bob = { passport: { user: 'bob' } };
      await expect(save(bob)).rejects.toThrow('would give the session to another user');
      const other = `${SID}2`;
      await calls.set(other, dataWith(HOUR, { passport: { user: 'ann' } }));
      const saveOther = async (change: object) =>
        calls.set(other, { ...(await calls.get(other)), ...change });
      await expect(saveOther(bob)).rejects.toThrow('would give the session to another user');
      await saveOther({ passport: {} });
      await expect(sessions.manager.countSessions('ann')).resolves.toBe(0);
    });

    it('a session that was just created can get an owner, as @fastify/passport saves it', async () => {
      const data = dataWith(HOUR);
      await calls.set(SID, data);
      await calls.set(SID, Object.assign(data, { passport: { user: 'ann' } }));
      await expect(sessions.manager.countSessions('ann')).resolves.toBe(1);
      await calls.set(SID, data);
      await expect(calls.get(SID)).resolves.toMatchObject({ passport: { user: 'ann' } });
    });

    it('a session that was just created and removed is not restored by a login', async () => {
      const data = dataWith(HOUR);
      await calls.set(SID, data);
      await sessions.manager.removeAllSessions();
      await calls.set(SID, Object.assign(data, { passport: { user: 'ann' } }));
      await expect(calls.get(SID)).resolves.toBeNull();
    });

    it('a login beyond the limit fails with the error of the limit', async () => {
      const login = (letter: string) =>
        calls.set(letter.repeat(32), dataWith(HOUR, { passport: { user: 'ann' } }));
      await login('a');
      await login('b');
      await expect(login('c')).rejects.toThrow(SessionLimitError);
      const data = dataWith(HOUR);
      await calls.set(SID, data);
      const late = calls.set(SID, Object.assign(data, { passport: { user: 'ann' } }));
      await expect(late).rejects.toThrow(SessionLimitError);
      await expect(sessions.manager.countSessions()).resolves.toBe(2);
    });
  });

  describe('the table as a whole', () => {
    it('length counts the live sessions, and clear removes all', async () => {
      await calls.set(SID, dataWith(HOUR));
      await calls.set(SID.toLowerCase(), dataWith(MINUTE));
      await expect(calls.length()).resolves.toBe(2);
      sessions.clock.advance(MINUTE);
      await expect(calls.length()).resolves.toBe(1);
      await calls.clear();
      await expect(calls.length()).resolves.toBe(0);
    });

    it('the events of a session do not contain its id in the cookie', async () => {
      const events: SessionEvent[] = [];
      sessions.manager.events$.subscribe((event) => void events.push(event));
      const data = dataWith(HOUR);
      await calls.set(SID, data);
      await calls.set(SID, data);
      await calls.touch(SID, data);
      await calls.destroy(SID);
      expect(events.map(({ type }) => type)).toEqual(['created', 'updated', 'renewed', 'removed']);
      expect(JSON.stringify(events)).not.toContain(SID);
    });
  });

  it('every method passes an error of the database to its callback', async () => {
    const data = dataWith(HOUR);
    await calls.set(SID, data);
    await sessions.sequelize.query(`DROP TABLE ${sessions.tableName}`);
    const attempts = [
      calls.get(SID),
      calls.set(SID, data),
      calls.set(SID.toLowerCase(), dataWith(HOUR)),
      calls.touch(SID, data),
      calls.destroy(SID),
      calls.length(),
      calls.clear(),
    ];
    for (const attempt of await Promise.all(attempts.map(rejectionOf))) {
      expect(attempt).toBeInstanceOf(SessionStoreError);
    }
    // Without a callback, nobody gets the error, and nothing is thrown.
    store.destroy(SID);
    store.set(SID, data);
  });

  it('a session that is damaged counts as none, with a warning, and is kept until it is removed', async () => {
    await calls.set(SID, dataWith(HOUR, { passport: { user: 'ann' } }));
    const loaded = await calls.get(SID);
    const replaceData = (data: string) =>
      sessions.sequelize.query(`UPDATE ${sessions.tableName} SET data = :data`, {
        replacements: { data },
      });
    const [row] = await sessions.select(`SELECT data FROM ${sessions.tableName}`);
    await replaceData('{');
    const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await expect(calls.get(SID)).resolves.toBeNull();
    const warnings = emitWarning.mock.calls.map(([message]) => String(message));
    emitWarning.mockRestore();
    const [listed] = await sessions.manager.listSessions('ann');
    expect(warnings).toEqual([
      expect.stringContaining(`The session ${listed!.id} of a request can't be used`),
    ]);
    await replaceData(String(row!['data']));
    await expect(calls.get(SID)).resolves.toMatchObject({ passport: { user: 'ann' } });
    await calls.destroy(SID);
    await calls.set(SID, loaded);
    await expect(calls.length()).resolves.toBe(0);
  });

  it.each([
    [{}, 'manager must be a SessionManager'],
    [null, 'manager must be a SessionManager'],
  ])('the store refuses what is no manager: %p', (manager: any, message) => {
    expect(() => storeOf(manager)).toThrow(message);
  });

  it.each([undefined, 'a'.repeat(31), Buffer.alloc(32)])(
    'the store refuses a secret that is no string of 32 characters: %p',
    (secret: any) => {
      const create = () => new SessionManagerStore(sessions.manager, { secret });
      expect(create).toThrow('secret must be a string of at least 32');
    },
  );

  it('the store refuses an option that there is not', () => {
    const options: any = { secret: SECRET, ttl: 1 };
    expect(() => new SessionManagerStore(sessions.manager, options)).toThrow('no option "ttl"');
  });
});
