import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeShared } from '../support/databases/shared-databases.js';
import { addEndedRows } from '../support/databases/many-rows.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { sumOf, unexpectedOutcomes, type Tally } from '../support/processes/tally.js';
import { startWorkers } from '../support/processes/workers.js';
import { SIZES } from './sizes.js';

const HOUR = 60 * 60 * 1000;
/** Milliseconds by which the clock of each process differs. */
const SKEWS = [-5000, 0, 0, 5000];
/** Number of sessions in a race between two reads of the table. */
const HEAT = 250;
const ENDINGS = ['token', 'id', 'user', 'login'];
const WRITES = ['update', 'change', 'renew', 'regenerate'];
const CLEANUP = { interval: false, retention: HOUR } as const;

interface Task {
  readonly token: string;
  readonly userId: string;
  readonly work: string;
}

interface Report {
  readonly counts: Tally;
  /** How many events ended each session. */
  readonly ended: Readonly<Record<string, number>>;
}

const idOf = (token: string) => token.split('.')[0]!;

describeShared((database) => {
  let sessions: TestSessions<{ userId: string; count: number }>;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      clock: Date,
      cleanup: CLEANUP,
      ...SIZES.options,
    });
  });
  afterEach(() => sessions.close());

  describe('endings beside writes', () => {
    it(`each session ends once and stays ended, in ${SIZES.races} races of processes whose clocks differ`, async () => {
      const { manager, select, tableName } = sessions;
      const options = { ...SIZES.options, cleanup: CLEANUP, maxSessionsPerUser: 1 };
      const orders = SKEWS.map((skew) => ({ place: placeOf(sessions), options, skew }));
      const workers = await startWorkers<{ tasks: Task[] }, Report>('endings.mjs', orders);
      const reports: Report[] = [];
      for (let raced = 0; raced < SIZES.races; raced += HEAT) {
        const races = await Promise.all(
          Array.from({ length: HEAT }, async (_, race) => {
            const userId = `user ${raced + race}`;
            return { userId, token: await manager.createSession({ userId, count: 0 }) };
          }),
        );
        const heat = await workers.work(rolesFor(races));
        reports.push(...heat);
        const ids = races.map(({ token }) => `'${idOf(token)}'`).join();
        const rows = await select(`SELECT end_reason, data FROM ${tableName} WHERE id IN (${ids})`);
        expect(rows).toHaveLength(HEAT);
        expect(rows.filter((row) => row['end_reason'] === '' || row['data'] !== '')).toEqual([]);
        const events = races.map(({ token }) =>
          heat.reduce((sum, { ended }) => sum + (ended[idOf(token)] ?? 0), 0),
        );
        expect(events.filter((count) => count !== 1)).toEqual([]);
      }
      await workers.end();

      const sum = sumOf(reports.map(({ counts }) => counts));
      const expected = ['ERR_SESSION_ENDED', 'ERR_SESSION_CONFLICT', 'ERR_SESSION_NOT_FOUND'];
      expect(unexpectedOutcomes(sum, expected)).toEqual([]);
      for (const write of WRITES) {
        // Otherwise there was no race: each has come before an ending, and after one.
        expect(sum[write]).toMatchObject({
          ok: expect.any(Number),
          ERR_SESSION_ENDED: expect.any(Number),
        });
      }
    });
  });

  describe(`a user with ${SIZES.endedRows} ended sessions`, () => {
    it('a login, a list and a count do not read the ended sessions, and a sweep deletes exactly the old ones', async () => {
      const { manager, select, tableName, sequelize } = sessions;
      await addEndedRows(sessions, SIZES.endedRows);
      const limited = await sessions.another({ maxSessionsPerUser: 3 });
      for (let login = 0; login < 5; login++) {
        await limited.createSession({ userId: 'ann', count: login });
      }
      const mysql = ['mariadb', 'mysql'].includes(sequelize.getDialect());
      await select(`ANALYZE ${mysql ? 'TABLE ' : ''}${tableName}`);
      const statements = await sessions.statementsOf(async () => {
        await expect(manager.listSessions('ann')).resolves.toHaveLength(3);
        await expect(manager.countSessions('ann')).resolves.toBe(3);
      });
      for (const sql of statements) {
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

      await expect(manager.removeExpiredSessions()).resolves.toBe(0);
      const [left] = await select(`SELECT COUNT(*) AS count FROM ${tableName}`);
      // Half of them ended within the retention.
      expect(Number(left!['count'])).toBe(SIZES.endedRows / 2 + 5);
    });
  });
});

/** Each process does something else with a session; at least one of them ends it. */
function rolesFor(races: readonly { token: string; userId: string }[]): { tasks: Task[] }[] {
  return SKEWS.map((_, member) => ({
    tasks: races.map((race, index) => {
      const turn = (index + member) % SKEWS.length;
      const round = Math.floor(index / SKEWS.length);
      const work =
        turn < 2
          ? ENDINGS[(round + turn + member) % ENDINGS.length]!
          : WRITES[(round + member) % WRITES.length]!;
      return { ...race, work };
    }),
  }));
}

/** Returns how many rows or index entries the database read for a statement, as its own plan says. */
async function rowsReadBy({ select, sequelize }: TestSessions, logged: string): Promise<number> {
  const sql = logged.replace(/^Executing.*?: /, '');
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
      const [plan] = await select(`EXPLAIN ${values(sql.replace(/^SET STATEMENT .*? FOR /, ''))}`);
      return Number(plan!['rows']);
    }
  }
}
