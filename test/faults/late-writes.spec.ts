import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { printTable } from '../support/processes/markdown-table.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import type { OwnServer } from '../support/servers/own-server.js';
import { hasPgBouncer, startPgBouncer } from '../support/servers/pgbouncer.js';
import { POSTGRES } from '../support/servers/postgres-kind.js';
import { SIZES } from './sizes.js';

/** Connections of the application's pool. */
const POOL = 8;
const READS_PER_SECOND = 50;
const TABLE = 'locked_sessions';
const SELECT = { type: QueryTypes.SELECT } as const;

/** What is between the application and the server: gets the port of the server, returns its own. */
type Way = (port: number) => Promise<{ readonly port: number; close(): Promise<void> }>;

const locked = (server: () => OwnServer, name: string, way: Way): void => {
  let direct: Sequelize;
  let pooled: Sequelize;
  let manager: SessionManager;
  let between: Awaited<ReturnType<Way>>;

  beforeEach(async () => {
    direct = new Sequelize({ ...server().options, logging: false, pool: { max: 2 } });
    between = await way(server().port);
    const { port } = between;
    pooled = new Sequelize({ ...server().options, port, logging: false, pool: { max: POOL } });
    manager = await init({ connection: pooled, tableName: TABLE, cleanup: false });
  });
  afterEach(async () => {
    await manager.close();
    await pooled.close();
    await direct.query(`DROP TABLE IF EXISTS ${TABLE}`);
    await direct.close();
    await between.close();
  });

  /** Locks the table against writes, but not against reads. */
  const lock = async (own: OwnServer): Promise<() => Promise<void>> => {
    if (own.kind.name === 'PostgreSQL') {
      const transaction = await direct.transaction();
      await direct.query(`LOCK TABLE ${TABLE} IN SHARE MODE`, { transaction });
      return () => transaction.rollback();
    }
    const locking = new Sequelize({ ...own.options, logging: false, pool: { max: 1, min: 1 } });
    await locking.query(`LOCK TABLES ${TABLE} READ`);
    return () => locking.close();
  };

  /** Counts the statements on the server that wait, and its connections but those of this test. */
  const observe = async (own: OwnServer): Promise<{ waiting: number; connections: number }> => {
    const sql =
      own.kind.name === 'PostgreSQL'
        ? `SELECT COUNT(*) AS connections, SUM(CASE WHEN wait_event_type = 'Lock' THEN 1 ELSE 0 END) AS waiting
             FROM pg_stat_activity WHERE backend_type = 'client backend'`
        : `SELECT COUNT(*) AS connections, SUM(state LIKE 'Waiting for table%') AS waiting FROM information_schema.processlist`;
    const [row] = await direct.query<{ waiting: unknown; connections: unknown }>(sql, SELECT);
    return { waiting: Number(row!.waiting), connections: Number(row!.connections) };
  };

  /** Begins calls at a rate until the time is over. */
  const atRate = async (perSecond: number, end: number, call: () => Promise<unknown>) => {
    const calls: Promise<boolean>[] = [];
    const start = performance.now();
    while (performance.now() < end) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1000);
      while (calls.length < due) {
        calls.push(
          call().then(
            () => true,
            (error: unknown) => {
              expect(error).toBeInstanceOf(SessionStoreError);
              return false;
            },
          ),
        );
      }
      await pause(5);
    }
    return Promise.all(calls);
  };

  const expectServed = async (writesPerSecond: number, least: number) => {
    const token = await manager.createSession({ userId: 'ann' });
    const unlock = await lock(server());
    const end = performance.now() + SIZES.lockedFor;
    let [waiting, connections] = [0, 0];
    const watch = async () => {
      while (performance.now() < end) {
        const seen = await observe(server());
        waiting = Math.max(waiting, seen.waiting);
        connections = Math.max(connections, seen.connections);
        await pause(100);
      }
    };
    const [reads, writes] = await Promise.all([
      atRate(READS_PER_SECOND, end, () => manager.retrieveSession(token)),
      atRate(writesPerSecond, end, () => manager.renewSession(token)),
      watch(),
    ]);
    await unlock();
    const answered = reads.filter(Boolean).length / reads.length;
    printTable(`A table locked against writes: ${server().kind.name}, ${name}`, [
      {
        seconds: SIZES.lockedFor / 1000,
        'writes a second': writesPerSecond,
        'writes done': writes.filter(Boolean).length,
        reads: reads.length,
        'reads answered %': Math.round(answered * 10_000) / 100,
        'waiting at most': waiting,
        'connections at most': connections,
      },
    ]);
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThanOrEqual(2 * POOL);
    expect(answered).toBeGreaterThanOrEqual(least);
    await expect(manager.renewSession(token)).resolves.toBe(true);
  };

  it.each([
    [3, 1],
    [10, 0.99],
  ])(
    'reads are answered while %i writes a second wait for a lock, and the server has few waiting statements',
    expectServed,
  );
};

describeOwnServers((server) =>
  locked(server, 'direct', async (port) => ({ port, close: async () => {} })),
);

const missing = hasPgBouncer ? '' : ' (skipped: it is not installed)';
(hasPgBouncer ? describe : describe.skip)(`behind PgBouncer${missing}`, () => {
  describeOwnServers(
    (server) => locked(server, 'behind PgBouncer', (port) => startPgBouncer(port)),
    [POSTGRES],
  );
});
