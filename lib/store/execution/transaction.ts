import type { Connection } from './connection-pool.js';
import type { StatementExecutor } from './executor.js';
import { isAnswered } from './store-error.js';

/**
 * Runs work in a transaction on a connection: committed where it returns, rolled back where it throws. Where even that
 * fails without an answer, its error is thrown, since nobody can go on with the connection.
 */
export async function inTransaction<Result>(
  statements: StatementExecutor,
  on: Connection,
  begin: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await statements.count(begin, {}, on);
  } catch (error) {
    if (!isAnswered(error)) {
      // It may have begun.
      await rollBack(statements, on);
    }
    throw error;
  }
  try {
    const result = await work();
    await statements.count('COMMIT', {}, on);
    return result;
  } catch (error) {
    await rollBack(statements, on);
    throw error;
  }
}

async function rollBack(statements: StatementExecutor, on: Connection): Promise<void> {
  await statements.count('ROLLBACK', {}, on).catch((error: unknown) => {
    if (!isAnswered(error)) {
      throw error;
    }
  });
}
