import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { init, SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize, Transaction } from 'sequelize';
import { DATABASES, describeDatabases } from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { connectPrepared } from '../support/databases/prepared-connections.js';

describeDatabases(
  (database) => {
    const tableName = `test_${randomBytes(6).toString('hex')}`;
    let direct: Sequelize;
    let pooled: Sequelize;
    let manager: SessionManager;
    let lock: Transaction | undefined;

    const connect = async (dialectOptions: object = {}) => {
      pooled = database.connect(undefined, { pool: { max: 1 }, dialectOptions });
      manager = await init({ connection: pooled, tableName, timeout: LONG_TIMEOUT_MS });
    };
    beforeEach(() => {
      direct = database.connect();
    });
    afterEach(async () => {
      await lock?.rollback();
      lock = undefined;
      await manager.close();
      await pooled.close();
      await direct.query(
        `DROP TABLE IF EXISTS ${tableName}; DROP SCHEMA IF EXISTS ${tableName} CASCADE`,
      );
      await direct.close();
    });

    describe('a search_path that the application left on a connection of the pool', () => {
      it.each([
        ['has a table of the same name', `CREATE TABLE ${tableName}.${tableName} (id INT)`],
        ['has none', 'SELECT 1'],
      ])(
        'sessions are not looked up in the search_path that the application left, if it %s',
        async (_, prepare) => {
          await connect();
          const token = await manager.createSession({ userId: 'ann' });
          await pooled.query(`CREATE SCHEMA ${tableName}`);
          await pooled.query(prepare);
          await pooled.query(`SET search_path TO ${tableName}`);
          await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
          await manager.updateSession(token, { userId: 'ann', visits: 1 });
          await manager.createSession({ userId: 'ann' });
          await expect(manager.listSessions('ann')).resolves.toHaveLength(2);
          await expect(manager.removeUserSessions('ann')).resolves.toBe(2);
        },
      );
    });

    describe('a table that another process creates while this one starts', () => {
      it('a user has no more sessions than maxSessionsPerUser allows, whichever process they log in at', async () => {
        const options = { tableName, maxSessionsPerUser: 2, timeout: LONG_TIMEOUT_MS };
        let other: SessionManager | undefined;
        pooled = database.connect();
        pooled.addHook('afterQuery', async (_options, query) => {
          const { sql } = query as unknown as { sql: string };
          if (!other && sql.includes('to_regclass')) {
            other = await init({ connection: direct, ...options });
          }
        });
        manager = await init({ connection: pooled, ...options });
        for (let round = 0; round < 10; round++) {
          const logins = [manager, other!].flatMap((each) =>
            Array.from({ length: 4 }, () => each.createSession({ userId: 'ann' })),
          );
          await Promise.all(logins);
          await expect(manager.countSessions('ann')).resolves.toBe(2);
        }
        await other!.close();
      });
    });

    describe('an isolation level that the application sets as the default', () => {
      it.each(['repeatable read', 'serializable'])(
        'no parallel change is lost or refused if transactions are %s by default',
        async (level) => {
          const statements = [`SET default_transaction_isolation TO '${level}'`];
          pooled = connectPrepared(database, { statements });
          const options = { connection: pooled, tableName, timeout: LONG_TIMEOUT_MS };
          manager = await init({ ...options, maxSessionsPerUser: 3 });
          const token = await manager.createSession({ userId: 'ann', visits: 0 });
          const others = await Promise.all(
            Array.from({ length: 8 }, () => manager.createSession({ userId: 'bob' })),
          );
          await Promise.all([
            ...Array.from({ length: 8 }, () =>
              manager.updateSession(token, (data: { visits: number }) => void data.visits++),
            ),
            ...others.map((other) => manager.removeSession(other)),
            ...Array.from({ length: 4 }, () => manager.renewSession(token)),
          ]);
          await expect(manager.retrieveSession(token)).resolves.toMatchObject({ visits: 8 });
          await expect(manager.countSessions('bob')).resolves.toBe(0);
          const ending = Array.from({ length: 4 }, () => manager.removeUserSessions('ann'));
          const removed = await Promise.all(ending);
          expect(removed.reduce((sum, count) => sum + count, 0)).toBe(1);
        },
      );
    });

    describe('a query_timeout of the driver that is shorter than the option timeout', () => {
      it('a driver timeout shorter than the option timeout ends the call and drops the connection that still waits', async () => {
        await connect({ query_timeout: 3000 });
        const token = await manager.createSession({ userId: 'ann' });
        lock = await direct.transaction();
        await direct.query(`SELECT id FROM ${tableName} FOR UPDATE`, { transaction: lock });
        await expect(manager.renewSession(token)).rejects.toThrow(SessionStoreError);
        await expect(manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
        await lock.rollback();
        lock = undefined;
        await expect(manager.renewSession(token)).resolves.toBe(true);
      });
    });
  },
  DATABASES.filter(({ name }) => name === 'PostgreSQL'),
);
