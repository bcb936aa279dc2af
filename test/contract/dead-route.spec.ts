import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, type Options, type Sequelize, type Transaction } from 'sequelize';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { eventually } from '../support/promises/eventually.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { rejectionOf } from '../support/promises/rejection.js';
import { connectThrough } from '../support/databases/through-proxy.js';
import { proxyTo, type TcpProxy } from '../support/servers/tcp-proxy.js';

const SELECT = { type: QueryTypes.SELECT } as const;

/** Connections that the pool holds. */
const POOL = 3;

/** Collects the actions of all timers of so many milliseconds, so that a test can run them at once. */
function heldTimers(milliseconds: number): (() => void)[] {
  const held: (() => void)[] = [];
  const { setTimeout } = globalThis;
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, after?: number) => {
    if (after === milliseconds) {
      held.push(work);
    }
    return setTimeout(work, after);
  }) as never);
  return held;
}

describeDatabases((database) => {
  let direct: Sequelize;
  let proxy: TcpProxy;
  let behindProxy: Sequelize;
  let manager: SessionManager;
  /** A manager on the same pool for calls that must succeed: a busy machine can keep its deadline. */
  let patient: SessionManager;
  let token: string;
  let lock: Transaction | undefined;
  const tableName = `test_${randomBytes(6).toString('hex')}`;

  beforeEach(async () => {
    direct = database.connect();
    proxy = await proxyTo(direct.config.host!, Number(direct.config.port));
    await connect();
    token = await patient.createSession({ userId: 'ann' });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await unlockRows();
    await proxy.close();
    await disconnect();
    await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
    await direct.close();
  });

  const connect = async (options: Options = {}) => {
    behindProxy = connectThrough(proxy, direct, { pool: { max: POOL }, ...options });
    const limits = {
      connection: behindProxy,
      tableName,
      maxSessionsPerUser: 3,
      cleanup: false,
    } as const;
    manager = await init({ ...limits, timeout: 500 });
    patient = await init({ ...limits, timeout: LONG_TIMEOUT_MS });
  };
  const disconnect = async () => {
    await patient.close();
    await manager.close();
    await behindProxy.close();
  };
  const reconnect = async (options: Options) => {
    await disconnect();
    await connect(options);
  };
  /** Locks the session against changes until the end of the test. */
  const lockRows = async () => {
    lock = await direct.transaction();
    const locked = { ...SELECT, transaction: lock };
    await direct.query(`SELECT id FROM ${tableName} FOR UPDATE`, locked);
  };
  const unlockRows = async () => {
    await lock?.rollback();
    lock = undefined;
  };
  const takeAll = () => Promise.all(Array.from({ length: POOL }, () => behindProxy.transaction()));
  const giveBack = (taken: Transaction[]) => Promise.all(taken.map((each) => each.commit()));
  const failures = (calls: Promise<unknown>[]) => Promise.all(calls.map(rejectionOf));
  /** Returns how many statements on the table the server has that are not done. */
  const waiting = async () => {
    const sql =
      direct.getDialect() === 'postgres'
        ? `SELECT count(*) AS count FROM pg_stat_activity WHERE state = 'active' AND query LIKE $table AND pid <> pg_backend_pid()`
        : `SELECT COUNT(*) AS count FROM information_schema.processlist WHERE info LIKE $table AND id <> CONNECTION_ID()`;
    const bind = { table: `%${tableName}%` };
    const [row] = await direct.query<{ count: unknown }>(sql, { ...SELECT, bind });
    return Number(row!.count);
  };
  const stored = async () => {
    const [row] = await direct.query<{ data: string }>(`SELECT data FROM ${tableName}`, SELECT);
    return JSON.parse(row!.data) as unknown;
  };

  describe('a dead route', () => {
    it('reads in flight on a dead route end at the timeout, and later reads succeed', async () => {
      await giveBack(await takeAll());
      proxy.killRoutes();
      await expect(manager.retrieveSession(token)).rejects.toThrow(SessionStoreError);
      const read = () => manager.retrieveSession(token);
      await expect(eventually(read)).resolves.toEqual({ userId: 'ann' });
    });

    it('a login in flight on a dead route ends at the timeout, and later logins succeed', async () => {
      proxy.killRoutes();
      const login = () => manager.createSession({ userId: 'ann' });
      await expect(login()).rejects.toThrow(SessionStoreError);
      await patient.retrieveSession(await eventually(login));
    });

    it.each<[string, () => Promise<unknown>]>([
      ['of one server', async () => {}],
      [
        'of a primary with a replica',
        () => {
          const { database: name, username } = direct.config;
          const server = { host: '127.0.0.1', port: `${proxy.port}`, database: name, username };
          return reconnect({ replication: { write: server, read: [server] } });
        },
      ],
    ])(
      'dead connections have left the pool %s after each of them timed out once',
      async (_, prepare) => {
        await prepare();
        for (let round = 0; round < 2; round++) {
          await giveBack(await takeAll());
          proxy.killRoutes();
          // One connection of the pool is kept for reads.
          const late = Array.from({ length: POOL - 1 }, () => manager.createSession({}));
          await failures([...late, manager.retrieveSession(token)]);
          const next = Array.from({ length: POOL }, () => patient.createSession({}));
          await expect(Promise.all(next)).resolves.toHaveLength(POOL);
          const read = () => manager.retrieveSession(token);
          await expect(eventually(read)).resolves.toEqual({ userId: 'ann' });
          await eventually(() => manager.createSession({}));
        }
        // No connection is being opened any more: with a replica, Sequelize throws if one breaks before it is in its pool.
        await giveBack(await takeAll());
      },
    );
  });

  describe('a pool that the application itself holds', () => {
    it('a connection that the application holds stays in the pool, however late the waiting calls are', async () => {
      const taken = await takeAll();
      const opened = proxy.opened;
      const late = [manager.retrieveSession(token), manager.createSession({})];
      expect(await failures(late)).toEqual(late.map(() => expect.any(SessionStoreError)));
      for (const transaction of taken) {
        await behindProxy.query(`DELETE FROM ${tableName} WHERE id = 'none'`, { transaction });
        await transaction.commit();
      }
      await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      expect(proxy.opened).toBe(opened);
    });

    it('no statement is sent for a call that has already failed with a timeout', async () => {
      const taken = await takeAll();
      const late = [
        manager.removeSession(token),
        manager.createSession({}),
        manager.createSession({ userId: 'ann' }),
      ];
      expect(await failures(late)).toEqual(late.map(() => expect.any(SessionStoreError)));
      await giveBack(taken);
      await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      await expect(direct.query(`SELECT id FROM ${tableName}`, SELECT)).resolves.toHaveLength(1);
    });
  });

  describe('a table that is locked for a long time', () => {
    it('the server ends each late statement, so that none is left after its deadline', async () => {
      await giveBack(await takeAll());
      await lockRows();
      for (let round = 0; round < 4; round++) {
        const late = failures(Array.from({ length: POOL }, () => manager.renewSession(token)));
        await eventually(async () => expect(await waiting()).toBeGreaterThan(0));
        expect(await late).toEqual(
          Array.from({ length: POOL }, () => expect.any(SessionStoreError)),
        );
        await eventually(async () => expect(await waiting()).toBe(0));
      }
      await eventually(async () => expect(proxy.open).toBeLessThanOrEqual(POOL));
      await unlockRows();
      await expect(patient.renewSession(token)).resolves.toBe(true);
    });

    it('reads go on while late writes wait for a lock', async () => {
      await lockRows();
      for (let round = 0; round < 3; round++) {
        const late = failures(Array.from({ length: 2 * POOL }, () => manager.renewSession(token)));
        await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
        await late;
        await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      }
    });
  });

  describe('a route that dies again and again', () => {
    it('late writes are dropped at once only as often as the pool has connections, whatever reads succeed', async () => {
      const timers = heldTimers(30_000);
      for (let round = 0; round < 2; round++) {
        await giveBack(await takeAll());
        proxy.killRoutes();
        // One connection of the pool is kept for reads.
        await failures([
          ...Array.from({ length: POOL - 1 }, () => manager.createSession({})),
          manager.retrieveSession(token),
        ]);
        await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
      }
      await eventually(async () => expect(timers).toHaveLength(2 * (POOL - 1) - POOL));
      timers.forEach((fire) => fire());
      await giveBack(await takeAll());
      await expect(patient.createSession({})).resolves.toEqual(expect.any(String));
    });
  });

  describe.each([0, 7])('a connection that is cut after %i bytes of a response', (bytes) => {
    it('a read succeeds although its connection is cut in the middle of a response', async () => {
      proxy.cutNextAnswer(bytes);
      await expect(patient.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
    });

    it('a write is applied at most once if its connection is cut in the middle of a response', async () => {
      await patient.updateSession(token, () => ({ visits: 0 }));
      const visit = patient.updateSession(token, (data) => {
        proxy.cutNextAnswer(bytes);
        data.visits++;
      });
      const outcome = await visit.catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(SessionStoreError);
      }
      await expect(stored()).resolves.toEqual({ visits: 1 });
    });
  });
}, SERVERS);
