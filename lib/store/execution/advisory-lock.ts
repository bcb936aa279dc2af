import { createHash } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { SessionStoreError } from '../../common/session-error.js';
import { throwIfPassed, type Deadline } from './deadline.js';
import { busyTimeout } from '../embedded-sqlite.js';
import type { Connection } from './connection-pool.js';
import type { SessionTable } from './session-table.js';
import type { StatementExecutor } from './executor.js';
import { inTransaction } from './transaction.js';

/**
 * Runs `work` in a transaction on one connection, while no other of the same owner, a user's id or a session's, runs in
 * any process. It is committed where `work` returns and rolled back where it throws.
 */
export async function withAdvisoryLock<Result>(
  { sequelize, dialect, name, statements }: SessionTable,
  owner: string,
  work: (on: Connection) => Promise<Result>,
): Promise<Result> {
  const key = createHash('sha256').update(`${name} ${owner}`).digest('base64url');
  const patience = busyTimeout(statements.timeout);
  const locked = async (on: Connection, deadline: Deadline) => {
    const workInTime = async () => {
      throwIfPassed(deadline);
      return work(on);
    };
    switch (dialect.name) {
      case 'sqlite':
        if (isMemory(sequelize)) {
          return work(on);
        }
        await statements.rows(`PRAGMA busy_timeout = ${patience}`, {}, on);
        return inTransaction(statements, on, 'BEGIN IMMEDIATE', workInTime);
      case 'postgres':
        return inTransaction(statements, on, 'BEGIN ISOLATION LEVEL READ COMMITTED', async () => {
          await statements.count(`SET LOCAL lock_timeout = '${patience}ms'`, {}, on);
          const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($key, 0))';
          await statements.rows(lock, { key }, on);
          return workInTime();
        });
      default:
        return withMysqlLock(statements, on, key, patience / 1000, async () => {
          await statements.count('SET TRANSACTION ISOLATION LEVEL READ COMMITTED', {}, on);
          return inTransaction(statements, on, 'START TRANSACTION', workInTime);
        });
    }
  };
  return statements.untilDone((deadline) =>
    statements.onOneConnection(deadline, (on) => locked(on, deadline)),
  );
}

/** An SQLite database in memory has one connection for everything, and no other process. */
function isMemory(sequelize: Sequelize): boolean {
  const { storage } = (sequelize as unknown as { options: { storage?: string } }).options;
  return storage === undefined || storage === ':memory:';
}

/** The lock belongs to the connection, not to a transaction, so it is given up only after the commit. */
async function withMysqlLock<Result>(
  statements: StatementExecutor,
  on: Connection,
  key: string,
  seconds: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const [row] = await statements.rows(
    'SELECT GET_LOCK($key, $seconds) AS locked',
    { key, seconds },
    on,
  );
  if (Number(row?.['locked']) !== 1) {
    throw new SessionStoreError(
      'Other logins of the same user held the database back for too long.',
    );
  }
  try {
    return await work();
  } finally {
    // Where this fails, so does the call, and the connection is dropped, the lock with it.
    await statements.rows('SELECT RELEASE_LOCK($key)', { key }, on);
  }
}
