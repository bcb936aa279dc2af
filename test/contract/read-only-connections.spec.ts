import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { SessionStoreError, type SessionManager } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import {
  describeDatabases,
  openSessions,
  SERVERS,
  type TestSessions,
} from '../support/databases/databases.js';

const POOL_SIZE = 3;

/** Calls that write by one statement or in a transaction. */
const WRITES: [string, (manager: SessionManager, token: string) => Promise<unknown>][] = [
  ['a login', (manager) => manager.createSession({ userId: 'ann' })],
  ['a change', (manager, token) => manager.updateSession(token, { userId: 'ann', n: 1 })],
  ['a logout everywhere', (manager) => manager.removeUserSessions('ann')],
];

describeDatabases((database) => {
  let connection: Sequelize;
  let sessions: TestSessions;
  let token: string;

  /** Makes every connection of the pool read-only, as those are that still lead to the former primary after a failover. */
  const failOver = async () => {
    const setReadOnly =
      database.name === 'PostgreSQL'
        ? 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY'
        : 'SET SESSION TRANSACTION READ ONLY';
    const held = await Promise.all(
      Array.from({ length: POOL_SIZE }, () => connection.transaction()),
    );
    for (const transaction of held) {
      await connection.query(setReadOnly, { transaction });
    }
    await Promise.all(held.map((transaction) => transaction.commit()));
  };

  beforeEach(async () => {
    connection = database.connect(undefined, { pool: { max: POOL_SIZE, min: POOL_SIZE } });
    sessions = await openSessions(database, { connection, maxSessionsPerUser: 5 });
    token = await sessions.manager.createSession({ userId: 'ann' });
  });
  afterEach(async () => {
    await sessions.close();
    await connection.close();
  });

  it.each(WRITES)(
    '%s works again after as many failures as the pool has connections, without a restart',
    async (_name, write) => {
      await failOver();
      let failures = 0;
      for (let isWritten = false; !isWritten;) {
        try {
          await write(sessions.manager, token);
          isWritten = true;
        } catch (error) {
          expect(error).toBeInstanceOf(SessionStoreError);
          expect(error).toMatchObject({ reason: 'rejected', isTransient: true });
          failures++;
          expect(failures).toBeLessThanOrEqual(POOL_SIZE);
        }
      }
      expect(failures).toBeGreaterThan(0);
    },
  );

  it('reads go on over read-only connections', async () => {
    await failOver();
    for (let reads = 0; reads < 2 * POOL_SIZE; reads++) {
      await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
    }
  });
}, SERVERS);
