import type { Connection } from '../drivers/driver.js';
import { isAnswered } from './store-error.js';

/**
 * Runs work in a transaction on a connection. Commits if it returns, and rolls back if it throws. If the rollback gets no
 * response, that error is thrown, since the connection can't be used any more.
 *
 * @param first statements without parameters that are sent with `begin` in one round trip, which only PostgreSQL allows
 */
export async function inTransaction<Result>(
  connection: Connection,
  begin: string,
  work: () => Promise<Result>,
  first: readonly string[] = [],
): Promise<Result> {
  try {
    await connection.count([begin, ...first].join('; '));
  } catch (error) {
    if (first.length > 0 || !isAnswered(error)) {
      // The transaction may have begun.
      await rollBack(connection);
    }
    throw error;
  }
  try {
    const result = await work();
    await connection.count('COMMIT');
    return result;
  } catch (error) {
    await rollBack(connection);
    throw error;
  }
}

async function rollBack(connection: Connection): Promise<void> {
  await connection.cleanUp('ROLLBACK').catch((error: unknown) => {
    if (!isAnswered(error)) {
      throw error;
    }
  });
}
