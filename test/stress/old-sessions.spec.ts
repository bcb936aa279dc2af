import { afterEach, describe, expect, it } from '@jest/globals';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { addEndedRows, addExpiredRows } from '../support/databases/many-rows.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { SIZES } from './sizes.js';

const HOUR = 60 * 60 * 1000;
const LIMIT = 3;
const ROWS = SIZES.oldRows;
/** Logins of one user that are timed. */
const TIMED = 21;

describeShared((database) => {
  let sessions: TestSessions<{ userId: string; count: number }>;

  const open = async (maxSessionsPerUser?: number) => {
    sessions = await openSessions(database, {
      clock: Date,
      cleanup: { interval: false, retention: HOUR },
      ...(maxSessionsPerUser !== undefined && { maxSessionsPerUser }),
      ...SIZES.options,
    });
  };
  afterEach(() => sessions.close());

  const logIn = (userId: string) => sessions.manager.createSession({ userId, count: 0 });
  const analyze = async () => {
    const mysql = ['mariadb', 'mysql'].includes(sessions.sequelize.getDialect());
    await sessions.select(`ANALYZE ${mysql ? 'TABLE ' : ''}${sessions.tableName}`);
  };
  /** Returns the milliseconds that a login takes, as a median. */
  const timeOf = async (userId: string) => {
    const times: number[] = [];
    for (let login = 0; login < TIMED; login++) {
      const start = performance.now();
      await logIn(userId);
      times.push(performance.now() - start);
    }
    return times.toSorted((a, b) => a - b)[(TIMED - 1) / 2]!;
  };
  const printTimes = async (login: string, kind: string) => {
    const others = await timeOf('bob');
    const own = await timeOf('ann');
    printTable(`A ${login} of a user with ${ROWS} ${kind} sessions on ${database.name}`, [
      { 'the login': `${own.toFixed(1)} ms`, 'of a user without': `${others.toFixed(1)} ms` },
    ]);
  };

  describe(`a user with ${ROWS} ended sessions`, () => {
    it('a login, a list and a count do not read the ended sessions, and a sweep deletes exactly the old ones', async () => {
      await open(LIMIT);
      const { manager, select, tableName } = sessions;
      await addEndedRows(sessions, ROWS);
      for (let login = 0; login < 4; login++) {
        await logIn('ann');
      }
      await analyze();
      const statements = await sessions.statementsOf(async () => {
        await logIn('ann');
        await expect(manager.listSessions('ann')).resolves.toHaveLength(LIMIT);
        await expect(manager.countSessions('ann')).resolves.toBe(LIMIT);
      });
      const reads = statements.filter((sql) => /^SELECT .* WHERE user_id = /.test(sql));
      expect(reads).toHaveLength(3);
      for (const sql of reads) {
        expect(await rowsReadBy(sessions, sql)).toBeLessThan(100);
      }
      const history = await manager.listSessions('ann', { ended: true, limit: 5 });
      expect(history.map(({ endReason }) => endReason)).toEqual([
        'evicted',
        'evicted',
        'logout',
        'logout',
        'logout',
      ]);

      await printTimes('login with a limit', 'ended');
      await expect(manager.removeExpiredSessions()).resolves.toBe(0);
      const [left] = await select(`SELECT COUNT(*) AS count FROM ${tableName}`);
      // Half of them ended within the retention.
      expect(Number(left!['count'])).toBe(ROWS / 2 + 5 + 2 * TIMED);
    });
  });

  describe(`a user with ${ROWS} expired sessions`, () => {
    it('a login without a limit is one INSERT', async () => {
      await open();
      await addExpiredRows(sessions, ROWS);
      const statements = await sessions.statementsOf(() => logIn('ann'));
      expect(statements).toEqual([expect.stringMatching(/^INSERT INTO /)]);
      await printTimes('login without a limit', 'expired');
    });

    it('a login with a limit evicts live sessions only', async () => {
      await open(LIMIT);
      await addExpiredRows(sessions, ROWS);
      await analyze();
      for (let login = 0; login < LIMIT; login++) {
        await logIn('ann');
      }
      const first = await sessions.manager.listSessions('ann');
      await logIn('ann');
      const ended = await sessions.manager.listSessions('ann', { ended: true });
      expect(ended.map(({ id }) => id)).toEqual([first.at(-1)!.id]);
      await printTimes('login with a limit', 'expired');
    });
  });
});

/** Returns how many rows or index entries the database read for a statement, as its own plan says. */
async function rowsReadBy({ select, sequelize }: TestSessions, sql: string): Promise<number> {
  const values = (text: string) =>
    text
      .replaceAll(/user_id = (?:\$\w+|\?\d*)/g, "user_id = 'ann'")
      .replaceAll(/\$\w+|\?\d*/g, '1');
  switch (sequelize.getDialect()) {
    case 'sqlite': {
      const plan = JSON.stringify(await select(`EXPLAIN QUERY PLAN ${values(sql)}`));
      return plan.includes('(user_id=? AND end_reason=?') ? 0 : Infinity;
    }
    case 'postgres': {
      const plan = JSON.stringify(await select(`EXPLAIN (ANALYZE, BUFFERS) ${values(sql)}`));
      const cond = /Index Cond: ([^"\\]*(?:\\"|[^"])*?)"/.exec(plan)?.[1] ?? '';
      const removed = [...plan.matchAll(/Rows Removed by Filter: (\d+)/g)].map(([, n]) =>
        Number(n),
      );
      return cond.includes('end_reason') ? Math.max(0, ...removed) : Infinity;
    }
    default: {
      const [plan] = await select(`EXPLAIN ${values(sql)}`);
      return Number(plan!['rows']);
    }
  }
}
