import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { init, type SessionManager } from 'nestjs-server-sessions';
import { QueryTypes, Sequelize } from 'sequelize';
import { describeDatabases, SERVERS } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { proxyTo, type TcpProxy } from '../support/servers/tcp-proxy.js';
import { SIZES } from './sizes.js';

const LIMIT = 5;
const ROUND_TRIP_MS = 2;
const ROUNDS = 20;

const namesOf = (count: number) => Array.from({ length: count }, (_, at) => `user-${at}`);
const medianOf = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

describeDatabases((database) => {
  let direct: Sequelize;
  let proxy: TcpProxy;
  let opened: { tableName: string; connection: Sequelize; manager: SessionManager }[];

  beforeEach(async () => {
    opened = [];
    direct = database.connect();
    proxy = await proxyTo(direct.config.host!, Number(direct.config.port));
  });
  afterEach(async () => {
    for (const { tableName, connection, manager } of opened) {
      await manager.close();
      await connection.close();
      await direct.query(`DROP TABLE IF EXISTS ${tableName}`);
    }
    await direct.close();
    await proxy.close();
  });

  /** Opens a manager behind the proxy, on a pool and a table that no other uses. */
  const open = async (poolSize: number, maxSessionsPerUser?: number) => {
    const { database: name, username } = direct.config;
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    const connection = new Sequelize(name, username, undefined, {
      dialect: direct.getDialect() as 'postgres',
      host: '127.0.0.1',
      port: proxy.port,
      logging: false,
      pool: { max: poolSize },
    });
    const manager = await init({
      connection,
      tableName,
      cleanup: false,
      maxSessionsPerUser,
      timeout: 20_000,
    });
    const one = { tableName, connection, manager };
    opened.push(one);
    return one;
  };

  it('five users log in as fast beside a user whose session is locked as without', async () => {
    const { manager, tableName } = await open(8, 1);
    const users = namesOf(5);
    const locked = await manager.createSession({ userId: 'ann' });
    const timeOfLogins = async () => {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const start = performance.now();
        await Promise.all(users.map((userId) => manager.createSession({ userId })));
        times.push(performance.now() - start);
      }
      return medianOf(times);
    };
    await timeOfLogins();
    const without = await timeOfLogins();
    const transaction = await direct.transaction();
    await direct.query(`SELECT id FROM ${tableName} WHERE id = :id FOR UPDATE`, {
      replacements: { id: locked.split('.')[0] },
      transaction,
      type: QueryTypes.SELECT,
    });
    let isWaiting = true;
    const login = manager.createSession({ userId: 'ann' }).finally(() => (isWaiting = false));
    const beside = await timeOfLogins();
    expect(isWaiting).toBe(true);
    await transaction.rollback();
    await login;
    printTable(`Five logins beside a locked user: ${database.name}`, [
      { without: `${without.toFixed(1)} ms`, beside: `${beside.toFixed(1)} ms` },
    ]);
    if (SIZES.timed) {
      expect(beside / without).toBeLessThanOrEqual(3);
    }
  });

  it(`logins of 20 users with a limit do not wait for each other, ${ROUND_TRIP_MS} ms from the database`, async () => {
    proxy.holdAnswers(ROUND_TRIP_MS);
    const users = namesOf(20);
    const [{ manager: free }, { manager: limited }] = [await open(10), await open(10, LIMIT)];
    const rateOf = async (manager: SessionManager) => {
      const start = performance.now();
      const end = start + SIZES.loginRound;
      let logins = 0;
      await Promise.all(
        users.map(async (userId) => {
          while (performance.now() < end) {
            await manager.createSession({ userId });
            logins++;
          }
        }),
      );
      return (logins / (performance.now() - start)) * 1000;
    };
    const rates: { free: number; limited: number }[] = [];
    for (let round = 0; round < 6; round++) {
      rates.push({ free: await rateOf(free), limited: await rateOf(limited) });
    }
    const [without, withLimit] = [
      medianOf(rates.slice(1).map((rate) => rate.free)),
      medianOf(rates.slice(1).map((rate) => rate.limited)),
    ];
    printTable(`20 users, ${ROUND_TRIP_MS} ms a round trip, a pool of 10: ${database.name}`, [
      {
        'logins a second without a limit': Math.round(without),
        'with a limit': Math.round(withLimit),
        share: (withLimit / without).toFixed(2),
      },
    ]);
    for (const userId of users) {
      await expect(limited.countSessions(userId)).resolves.toBeLessThanOrEqual(LIMIT);
    }
    if (SIZES.timed) {
      // In one lane for all users, five round trips each, there were 21 to 29.
      expect(withLimit).toBeGreaterThan(100);
    }
  });
}, SERVERS);
