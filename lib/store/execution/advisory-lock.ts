import { createHash } from 'node:crypto';
import { SessionStoreError } from '../../common/session-error.js';
import { busyTimeout } from '../embedded-sqlite.js';
import type { Connection } from '../drivers/driver.js';
import { isInMemory } from '../drivers/sequelize-internals.js';
import type { SessionTable } from './session-table.js';
import { inTransaction } from './transaction.js';

/**
 * Runs `work` in a transaction on one connection, while no other of the same owner, a user's id or a session's, runs in
 * any process. It is committed where `work` returns and rolled back where it throws.
 */
export async function withAdvisoryLock<Result>(
  { sequelize, dialect, name, executor }: SessionTable,
  owner: string,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const key = createHash('sha256').update(`${name} ${owner}`).digest('base64url');
  const lockTimeout = busyTimeout(executor.timeout);
  return executor.exclusively(async (connection, deadline) => {
    const workInTime = async () => {
      deadline.throwIfPassed();
      return work(connection);
    };
    switch (dialect.name) {
      case 'sqlite':
        if (isInMemory(sequelize)) {
          return work(connection);
        }
        await connection.rows(`PRAGMA busy_timeout = ${lockTimeout}`);
        return inTransaction(connection, 'BEGIN IMMEDIATE', workInTime);
      case 'postgres':
        return inTransaction(connection, 'BEGIN ISOLATION LEVEL READ COMMITTED', async () => {
          await connection.count(`SET LOCAL lock_timeout = '${lockTimeout}ms'`);
          const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($key, 0))';
          await connection.rows(lock, { key });
          return workInTime();
        });
      default:
        return withMysqlLock(connection, key, lockTimeout / 1000, async () => {
          await connection.count('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
          return inTransaction(connection, 'START TRANSACTION', workInTime);
        });
    }
  });
}

/** The lock belongs to the connection, not to a transaction, so it is given up only after the commit. */
async function withMysqlLock<Result>(
  connection: Connection,
  key: string,
  seconds: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = 'SELECT GET_LOCK($key, $seconds) AS locked';
  const [row] = await connection.rows(lock, { key, seconds });
  if (Number(row?.['locked']) !== 1) {
    throw new SessionStoreError(
      'Other logins of the same user held the database back for too long.',
    );
  }
  try {
    return await work();
  } finally {
    // Where this fails, so does the call, and the connection is dropped, the lock with it.
    await connection.rows('SELECT RELEASE_LOCK($key)', { key });
  }
}
