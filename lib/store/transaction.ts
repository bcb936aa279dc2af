import type { Connection } from './pooled-connections.js';
import type { Statements } from './statements.js';

/** Runs work in a transaction on a connection: committed where it returns, rolled back where it throws. */
export async function inTransaction<Result>(
  statements: Statements,
  on: Connection,
  begin: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await statements.count(begin, {}, on);
    const result = await work();
    await statements.count('COMMIT', {}, on);
    return result;
  } catch (error) {
    // Also where the answer to BEGIN was lost. Where the connection is gone this fails, and the database has rolled back.
    await statements.count('ROLLBACK', {}, on).catch(() => {});
    throw error;
  }
}
