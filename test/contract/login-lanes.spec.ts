import { afterEach, expect, it } from '@jest/globals';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import type { InitOptions } from 'nestjs-server-sessions';
import {
  describeDatabases,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';

const USERS = Array.from({ length: 20 }, (_, at) => `user-${at}`);

describeDatabases((database) => {
  let sessions: TestSessions;
  let others: Sequelize;
  let connection: Sequelize;
  let transaction: Transaction | undefined;

  const open = async (poolSize: number, options: InitOptions = {}) => {
    others = database.connect();
    connection = database.connect(undefined, { pool: { max: poolSize } });
    sessions = await openSessions(database, { connection, ...options });
    return sessions.manager;
  };
  /** Locks the row of a session, as a report or a migration would. */
  const lockRowOf = async (token: string) => {
    transaction = await others.transaction();
    await others.query(`SELECT id FROM ${sessions.tableName} WHERE id = :id FOR UPDATE`, {
      replacements: { id: token.split('.')[0] },
      transaction,
      type: QueryTypes.SELECT,
    });
  };
  const unlock = async () => {
    const open = transaction;
    transaction = undefined;
    await open?.rollback();
  };
  afterEach(async () => {
    await unlock();
    await others.close();
    await sessions.close();
    await connection.close();
  });

  it('a login that waits for a locked row does not hold up the logins of other users', async () => {
    const manager = await open(8, { maxSessionsPerUser: 1 });
    const oldest = await manager.createSession({ userId: 'ann' });
    for (const userId of USERS) {
      await manager.createSession({ userId });
    }
    await lockRowOf(oldest);
    let isAnnWaiting = true;
    const login = manager.createSession({ userId: 'ann' }).finally(() => (isAnnWaiting = false));
    await Promise.all(USERS.map((userId) => manager.createSession({ userId })));
    expect(isAnnWaiting).toBe(true);
    await unlock();
    await login;
    await expect(manager.listSessions('ann')).resolves.toHaveLength(1);
  });

  it.each([3, 5, 8])(
    'reads are answered while more writes than a pool of %i holds wait for a locked row',
    async (poolSize) => {
      const manager = await open(poolSize);
      const token = await manager.createSession({ userId: 'ann' });
      const other = await manager.createSession({ userId: 'bob' });
      await lockRowOf(token);
      let ended = 0;
      const writes = Array.from({ length: 2 * poolSize }, () =>
        manager.renewSession(token).finally(() => ended++),
      );
      for (let reads = 0; reads < 20; reads++) {
        await expect(manager.retrieveSession(other)).resolves.toEqual({ userId: 'bob' });
      }
      expect(ended).toBe(0);
      await unlock();
      await Promise.all(writes);
    },
  );

  it.each([1, 2, 3])(
    'logins, reads and changes of many users all succeed with a pool of %i',
    async (poolSize) => {
      const manager = await open(poolSize, { maxSessionsPerUser: 2 });
      await Promise.all(
        USERS.map(async (userId) => {
          for (let login = 0; login < 3; login++) {
            const token = await manager.createSession({ userId });
            await manager.updateSession(token, { userId, login });
            await expect(manager.retrieveSession(token)).resolves.toEqual({ userId, login });
          }
          await expect(manager.listSessions(userId)).resolves.toHaveLength(2);
        }),
      );
    },
  );
}, SERVERS);
