import { createHash } from 'node:crypto';
import { SessionStoreError } from '../../common/session-error.js';
import { busyTimeout } from '../embedded-sqlite.js';
import type { Dialect } from '../drivers/dialect.js';
import type { Connection, Statement } from '../drivers/driver.js';
import { isInMemory } from '../drivers/sequelize-internals.js';
import type { SessionTable } from './session-table.js';
import { oneInTransaction, onlyInTransaction } from './open-transaction.js';
import { inTransaction, readsOn, type Transaction } from './transaction.js';

/** Milliseconds by which the server's limit is after the deadline, so that the caller gets the error of the deadline. */
const MARGIN_MS = 100;

/** Runs in a transaction under a lock. */
type LockedWork<Result> = (connection: Connection, transaction: Transaction) => Promise<Result>;

/**
 * Runs `work` in a transaction on one connection. Meanwhile no other work of the same owner runs in any process. Commits if
 * `work` returns, and rolls back if it throws.
 *
 * @param owner the id of a user or a session
 * @param createReads creates, when the work has its turn in this process, the SELECTs that come before it
 */
export async function withAdvisoryLock<Result>(
  { sequelize, dialect, name, turns, executor }: SessionTable,
  owner: string,
  work: LockedWork<Result>,
  createReads: () => readonly Statement[] = () => [],
): Promise<Result> {
  // The name contains the database: locks of MariaDB and MySQL apply to the whole server.
  const hash = createHash('sha256').update(`${name} ${owner}`).digest();
  const key = hash.toString('base64url');
  const lockTimeout = busyTimeout(executor.timeout);
  return executor.exclusively(key, async (connection, deadline) => {
    const reads = createReads();
    const guarded = onlyInTransaction(connection, dialect);
    const workInTime = async (transaction: Transaction) => {
      deadline.throwIfPassed();
      return work(guarded, transaction);
    };
    switch (dialect.name) {
      case 'sqlite':
        if (isInMemory(sequelize)) {
          return withoutCommit(connection, reads, (transaction) => work(connection, transaction));
        }
        await connection.rows(`PRAGMA busy_timeout = ${lockTimeout}`);
        return inTransaction(connection, { begin: ['BEGIN IMMEDIATE'], reads }, workInTime);
      case 'postgres': {
        const begin = [
          'BEGIN ISOLATION LEVEL READ COMMITTED',
          `SET LOCAL lock_timeout = '${lockTimeout}ms'`,
          // The server keeps this limit even if the process can't send a request to cancel, such as when it is suspended.
          `SET LOCAL statement_timeout = '${executor.timeout + MARGIN_MS}ms'`,
          // Not a parameter: the statements before it are sent with it in one string, which can't have parameters.
          `SELECT pg_advisory_xact_lock(${hash.readBigInt64BE()})`,
        ];
        return inTransaction(connection, { begin, reads }, workInTime);
      }
      default:
        if (dialect.isGalera) {
          return inMysqlTransaction(connection, [], async () => {
            await takeTurn(connection, turns, hash.readUInt16BE());
            const result = await withoutCommit(connection, reads, workInTime);
            // Fails if the cluster undid the transaction while MariaDB prepared the last write: see `oneInTransaction`.
            await connection.rows(`SELECT ${oneInTransaction(dialect)} AS isOpen`);
            return result;
          });
        }
        return withMysqlLock(connection, key, lockSeconds(dialect, lockTimeout), () =>
          inMysqlTransaction(connection, reads, workInTime),
        );
    }
  });
}

/**
 * Runs work that leaves the commit to the caller, or needs none: in memory there is a single connection, and hence no
 * transaction.
 */
async function withoutCommit<Result>(
  connection: Connection,
  reads: readonly Statement[],
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const found = await connection.together(readsOn(connection, reads));
  const commitWith = async ({ sql, parameters }: Statement) => {
    await connection.count(sql, parameters);
  };
  return work({ found, commitWith });
}

async function inMysqlTransaction<Result>(
  connection: Connection,
  reads: readonly Statement[],
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  await connection.count('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
  return inTransaction(connection, { begin: ['START TRANSACTION'], reads }, work);
}

/**
 * Changes the row of a slot before anything else of the transaction. Transactions of the same slot wait for each other on
 * one node. Of those on several nodes, the cluster undoes all but one. See docs/adr/0038-turns-on-galera.md.
 */
async function takeTurn(connection: Connection, turns: string, slot: number): Promise<void> {
  await connection.count(
    `INSERT INTO ${turns} (slot, turn) VALUES ($slot, 1) ON DUPLICATE KEY UPDATE turn = turn + 1`,
    { slot },
  );
}

/** Returns how long to wait for a lock. MySQL rounds to whole seconds, and less than half of one to none at all. */
function lockSeconds({ name }: Dialect, milliseconds: number): number {
  const seconds = milliseconds / 1000;
  return name === 'mysql' ? Math.ceil(seconds) : seconds;
}

/** Runs `work` under a lock. The lock belongs to the connection, so it is released only after the commit. */
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
      'Other logins held the lock that this call needs for too long, so nothing was written. Try again.',
      { reason: 'rejected' },
    );
  }
  const release = ['SELECT RELEASE_LOCK($key)', { key }] as const;
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // If this fails too, the connection is dropped together with the lock.
    await connection.cleanUp(...release);
    throw error;
  }
  await connection.free(...release);
  return result;
}
