import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { startWorkers } from '../support/processes/workers.js';
import {
  describeDatabases,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';
import { addExpiredRows } from '../support/databases/many-rows.js';
import { printTable } from '../support/processes/markdown-table.js';
import { unexpectedOutcomes, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

const { expiredRows, timed } = SIZES;

/**
 * The sweeping process has the heap of a small container, in MB. With the gigabytes that V8 takes on a large machine, it
 * keeps up to 80 MiB of garbage, however little memory is in use.
 */
const HEAP = 128;

const DAY = 24 * 60 * 60 * 1000;
/** Rows of one page of a sweep. */
const BATCH = 1000;
/** From half of this on, PostgreSQL has to guess right. Below, a wrong plan costs little. */
const MANY = 1_000_000;

interface SweepReport {
  readonly removed: number;
  readonly seconds: number;
  readonly growth: number;
}

interface WriteReport {
  readonly tally: Tally;
  readonly writes: number;
  /** Maximum milliseconds of 99 out of 100 writes. */
  readonly usual: number;
  readonly longest: number;
}

describeShared((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, { clock: Date, cleanup: false });
    await addExpiredRows(sessions, expiredRows);
  });
  afterEach(() => sessions.close());

  it(`a sweep of ${expiredRows} expired rows does not block writes and needs little memory`, async () => {
    const order = { place: placeOf(sessions), options: SIZES.options };
    const writers = await startWorkers<object, WriteReport>('writes.mjs', [order]);
    const sweepers = await startWorkers<object, SweepReport>(
      'sweeps.mjs',
      [order],
      [`--max-old-space-size=${HEAP}`],
    );
    const writing = writers.work([{}]);
    const [sweep] = await sweepers.work([{ batchSize: BATCH }]);
    writers.stop();
    const [write] = await writing;
    await Promise.all([sweepers.end(), writers.end()]);

    const { removed, seconds, growth } = sweep!;
    const { tally, writes, usual, longest } = write!;
    printTable(`A sweep of ${expiredRows} rows on ${database.name}, beside a writer`, [
      {
        removed,
        seconds: seconds.toFixed(1),
        'memory added': `${growth.toFixed(0)} MiB`,
        'writes meanwhile': writes,
        '99 % of them within': `${usual.toFixed(0)} ms`,
        'longest write': `${longest.toFixed(0)} ms`,
      },
    ]);
    expect(removed).toBe(expiredRows);
    expect(unexpectedOutcomes(tally)).toEqual([]);
    expect(growth).toBeLessThanOrEqual(50);
    if (timed) {
      expect(longest).toBeLessThanOrEqual(250);
    }
  });
});

describeDatabases(
  (database) => {
    it(`without statistics, a page of a sweep of ${MANY} rows reads no more than its rows`, async () => {
      const few = await openSessions(database, { clock: Date, cleanup: false });
      await addExpiredRows(few, BATCH + 1);
      const statements = await few.statementsOf(() =>
        few.manager.removeExpiredSessions({ batchSize: BATCH }),
      );
      await few.close();
      const [, second] = statements.filter((sql) => /^SELECT .* ORDER BY/.test(sql));
      const many = await openSessions(database, { cleanup: false });
      const { select, sequelize, tableName } = many;
      // They come late after an import, too.
      await sequelize.query(`ALTER TABLE ${tableName} SET (autovacuum_enabled = false)`);
      await addExpiredRows({ sequelize, tableName }, MANY);
      const now = Date.now();
      // The hint of a row is later than its end.
      const values = [`${now + DAY}`, `${now}`, '0', "''"];
      const sql = second!
        .replaceAll(few.tableName, tableName)
        .replaceAll(/\$(\d)/g, (_, number: string) => values[Number(number) - 1]!);
      const plan = JSON.stringify(await select(`EXPLAIN ANALYZE ${sql}`));
      await many.close();
      const rows = [...plan.matchAll(/actual time=\S+ rows=(\d+)/g)].map(([, count]) =>
        Number(count),
      );
      expect(Math.max(...rows)).toBeGreaterThanOrEqual(BATCH);
      expect(Math.max(...rows)).toBeLessThan(2 * BATCH);
    });
  },
  SERVERS.filter(({ name }) => name === 'PostgreSQL'),
);
