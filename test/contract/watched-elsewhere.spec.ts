import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { InitOptions, SessionManager, WatchEndReason } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { listenToStatements } from '../support/databases/statement-listener.js';
import { eventually } from '../support/promises/eventually.js';
import {
  endOf,
  idOf,
  unknownId,
  watchId,
  watchToken,
  type Watching,
} from '../support/sessions/watching.js';

const MINUTE = 60_000;

describeDatabases((database) => {
  let sessions: TestSessions;
  let manager: SessionManager;
  /** On the same table, as another process would have it. */
  let elsewhere: SessionManager;

  const open = async (options: InitOptions) => {
    sessions = await openSessions(database, options);
    ({ manager } = sessions);
    elsewhere = await sessions.another();
  };
  /** Waits for a read that begins after this call and ends no live session. */
  const nextRead = async () => {
    const token = await manager.createSession();
    const watched = watchToken(manager, token);
    await elsewhere.removeSession(token);
    await watched.ended;
  };
  const readsOf = (statements: readonly string[]) =>
    statements.filter((sql) => sql.startsWith('SELECT') && sql.includes('ABS('));

  afterEach(() => sessions.close());

  describe('a session that another process ends', () => {
    beforeEach(() => open({ expireTime: MINUTE, watch: { interval: 20 } }));

    const ENDINGS: [
      reason: WatchEndReason,
      how: string,
      end: (token: string, all: TestSessions) => Promise<unknown> | void,
    ][] = [
      ['logout', 'a logout', (token) => elsewhere.removeSession(token)],
      ['revoked', 'a removal by id', (token) => elsewhere.removeSessionById(idOf(token))],
      ['rotated', 'a rotation', (token) => elsewhere.regenerateSession(token)],
      ['expired', 'its expiry', (_, { clock }) => clock.advance(MINUTE)],
      [
        'logout',
        'a row that keeps its reason',
        (token, all) => keepReason(all, idOf(token), 'logout'),
      ],
      [
        'revoked',
        'a row that keeps another reason',
        (token, all) => keepReason(all, idOf(token), 'by-user'),
      ],
      [
        'revoked',
        'a row that keeps a word of the application',
        (token, all) => keepReason(all, idOf(token), 'toString'),
      ],
    ];
    const keepReason = async ({ sequelize, tableName }: TestSessions, id: string, reason: string) =>
      void (await sequelize.query(
        `UPDATE ${tableName} SET end_reason = '${reason}' WHERE id = '${id}'`,
      ));

    it.each(ENDINGS)('the watch reports %s, by %s', async (reason, _, end) => {
      const token = await manager.createSession();
      const [watched, byId] = [watchToken(manager, token), watchId(manager, idOf(token))];
      await nextRead();
      await end(token, sessions);
      const expected = endOf(token, reason);
      expect([await watched.ended, await byId.ended]).toEqual([expected, expected]);
      await nextRead();
      expect([watched.ends, byId.ends]).toEqual([[expected], [expected]]);
    });

    it('a rotation with a grace, a change and a renewal end no watch', async () => {
      const token = await manager.createSession({ userId: 'ann' });
      const [watched, byId] = [watchToken(manager, token), watchId(manager, idOf(token))];
      await nextRead();
      const next = await elsewhere.regenerateSession(token, { grace: 1 });
      sessions.clock.advance(2);
      await elsewhere.updateSession(next, { userId: 'ann', n: 1 });
      await nextRead();
      expect([watched.ends, byId.ends]).toEqual([[], []]);
      await elsewhere.regenerateSession(next);
      expect([(await watched.ended).reason, (await byId.ended).reason]).toEqual([
        'rotated',
        'rotated',
      ]);
    });

    it('a watch keeps its token: a second rotation ends it, even with a grace', async () => {
      const token = await manager.createSession();
      const [watched, byId] = [watchToken(manager, token), watchId(manager, idOf(token))];
      await nextRead();
      const next = await elsewhere.regenerateSession(token, { grace: MINUTE });
      const current = watchToken(manager, next);
      await nextRead();
      expect([watched.ends, byId.ends]).toEqual([[], []]);
      await elsewhere.regenerateSession(next, { grace: MINUTE });
      const expected = endOf(token, 'rotated');
      expect([await watched.ended, await byId.ended]).toEqual([expected, expected]);
      expect(current.ends).toEqual([]);
    });

    it('a clock that fails ends nothing, and is reported once', async () => {
      let fails = false;
      let calls = 0;
      const clock = {
        now() {
          calls++;
          return fails ? NaN : sessions.clock.now();
        },
      };
      const watching = await sessions.another({ clock, watch: { interval: 20 } });
      const token = await watching.createSession();
      const watched = watchToken(watching, token);
      await nextRead();
      const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => {});
      [fails, calls] = [true, 0];
      await eventually(async () => expect(calls).toBeGreaterThan(2));
      fails = false;
      expect(watched.ends).toEqual([]);
      await elsewhere.removeSession(token);
      expect((await watched.ended).reason).toBe('logout');
      expect(emitWarning.mock.calls.map(([text]) => text)).toEqual([
        expect.stringContaining('Watched sessions were not read'),
      ]);
      emitWarning.mockRestore();
    });

    it('an outage ends nothing, and is reported once', async () => {
      const { sequelize, tableName } = sessions;
      const [lost, live] = [await manager.createSession(), await manager.createSession()];
      const watched = [watchToken(manager, lost), watchToken(manager, live)];
      await nextRead();
      const warnings: string[] = [];
      const emitWarning = jest
        .spyOn(process, 'emitWarning')
        .mockImplementation((text) => void warnings.push(`${text}`));
      const away = `${tableName}_away`;
      await sequelize.query(`ALTER TABLE ${tableName} RENAME TO ${away}`);
      await eventually(async () => expect(warnings).not.toEqual([]));
      let failing = 0;
      const stop = listenToStatements(sequelize, (sql) => void (failing += readsOf([sql]).length));
      await eventually(async () => expect(failing).toBeGreaterThan(2));
      stop();
      expect(watched.map(({ ends }) => ends)).toEqual([[], []]);
      await sequelize.query(`DELETE FROM ${away} WHERE id = '${idOf(lost)}'`);
      await sequelize.query(`ALTER TABLE ${away} RENAME TO ${tableName}`);
      expect((await watched[0]!.ended).reason).toBe('ended');
      emitWarning.mockRestore();
      expect(watched[1]!.ends).toEqual([]);
      expect(warnings).toEqual([expect.stringContaining('Watched sessions were not read')]);
    });
  });

  describe('the reads', () => {
    it('all watched sessions are read 500 at a time, without their data', async () => {
      await open({ watch: { interval: 10 * MINUTE } });
      const statements = await sessions.statementsOf(async () => {
        const watched = Array.from({ length: 1001 }, () => watchId(manager, unknownId()));
        await Promise.all(watched.map(({ ended }) => ended));
      });
      expect(readsOf(statements)).toHaveLength(statements.length);
      expect(statements).toHaveLength(3);
      expect(statements.join()).not.toMatch(/\bdata\b|s\.\*/);
    });

    it('nothing is read while nothing is watched', async () => {
      await open({ watch: { interval: 1 } });
      const token = await manager.createSession();
      const lookups = async () => {
        for (let count = 0; count < 20; count++) {
          await manager.retrieveSession(token);
        }
      };
      expect(readsOf(await sessions.statementsOf(lookups))).toEqual([]);
      const watched = watchToken(manager, token);
      await eventually(async () => {
        expect(readsOf(await sessions.statementsOf(lookups))).not.toEqual([]);
      });
      watched.stop();
      watched.stop();
      await lookups();
      expect(readsOf(await sessions.statementsOf(lookups))).toEqual([]);
    });
  });

  describe('what a client may see, with showEndReason: false', () => {
    beforeEach(() => open({ expireTime: MINUTE, watch: { interval: 20 }, showEndReason: false }));

    it.each<[WatchEndReason, WatchEndReason, by: () => SessionManager]>([
      ['logout', 'ended', () => manager],
      ['logout', 'ended', () => elsewhere],
      ['rotated', 'rotated', () => manager],
      ['rotated', 'rotated', () => elsewhere],
      ['expired', 'expired', () => manager],
    ])('%s is shown as %s, whichever process ends the session', async (reason, shown, by) => {
      const token = await manager.createSession();
      const watched = watchToken(manager, token);
      if (reason === 'expired') {
        sessions.clock.advance(MINUTE);
      } else {
        await (reason === 'logout' ? by().removeSession(token) : by().regenerateSession(token));
      }
      expect(await watched.ended).toEqual(endOf(token, reason, shown));
    });
  });

  describe('the expiry', () => {
    it('the end of a grace is found on time', async () => {
      await open({ clock: { now: () => Date.now() }, watch: { interval: 10 * MINUTE } });
      const token = await manager.createSession();
      await manager.regenerateSession(token, { grace: 2000 });
      const watched = watchToken(manager, token);
      await watchId(manager, unknownId()).ended;
      await manager.retrieveSession(token);
      expect(watched.ends).toEqual([]);
      expect(await watched.ended).toEqual(endOf(token, 'rotated'));
      await expect(manager.retrieveSession(token)).rejects.toThrow();
    });

    it('an expiry is found on time, and a session that was renewed meanwhile goes on', async () => {
      const lifetime = 2000;
      await open({
        clock: { now: () => Date.now() },
        expireTime: lifetime,
        watch: { interval: 10 * MINUTE },
      });
      const [renewed, token] = [await manager.createSession(), await manager.createSession()];
      const watched: Watching[] = [watchToken(manager, renewed), watchToken(manager, token)];
      await watchId(manager, unknownId()).ended;
      await elsewhere.renewSession(renewed, { expireTime: lifetime + 1000 });
      const expected = endOf(token, 'expired');
      expect(await watched[1]!.ended).toEqual(expected);
      expect(watched.map(({ ends }) => ends)).toEqual([[], [expected]]);
      expect(await watched[0]!.ended).toEqual(endOf(renewed, 'expired'));
      await expect(manager.retrieveSession(renewed)).rejects.toThrow('expired');
    });
  });
});
