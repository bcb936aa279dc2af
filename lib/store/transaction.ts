import type { Connection } from './pooled-connections.js';
import type { Statements } from './statements.js';

/** Runs work in a transaction on a connection: committed where it returns, rolled back where it throws. */
export async function inTransaction<Result>(
  statements: Statements,
  on: Connection,
  begin: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await statements.count(begin, {}, on);
  try {
    const result = await work();
    await statements.count('COMMIT', {}, on);
    return result;
  } catch (error) {
    // Where the connection is gone this fails, and the database has rolled back by itself.
    await statements.count('ROLLBACK', {}, on).catch(() => {});
    throw error;
  }
}
