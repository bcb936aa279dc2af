import type { Columns, Connection, Statement } from '../drivers/driver.js';
import { isAnswered } from './store-error.js';

/** How a transaction begins. */
export interface Begin {
  /** Statements without parameters, which only PostgreSQL takes together. */
  readonly begin: readonly string[];
  /** SELECTs that are sent with them, in one round trip if the driver can. */
  readonly reads?: readonly Statement[];
}

/** A transaction that has begun. */
export interface Transaction {
  /** The rows of each of its `reads`. */
  readonly found: readonly Columns[][];
  /** Sends the last statement together with the commit. */
  readonly commitWith: (statement: Statement) => Promise<void>;
}

/**
 * Runs work in a transaction on a connection. Commits if it returns, unless the work has committed, and rolls back if it
 * throws. If the rollback gets no response, that error is thrown, since the connection can't be used any more.
 */
export async function inTransaction<Result>(
  connection: Connection,
  { begin, reads = [] }: Begin,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const first = () => connection.count(begin.join('; '));
  let found: Columns[][];
  try {
    const responses = await connection.together<unknown>([first, ...readsOn(connection, reads)]);
    found = responses.slice(1) as Columns[][];
  } catch (error) {
    // The transaction may have begun. If it has not, this drops the isolation level that was set for it: otherwise the next
    // transaction of the application would get that level.
    await rollBack(connection);
    throw error;
  }
  let isCommitted = false;
  const commit = () => connection.count('COMMIT');
  const commitWith = async ({ sql, parameters }: Statement) => {
    await connection.together([() => connection.count(sql, parameters), commit]);
    isCommitted = true;
  };
  try {
    const result = await work({ found, commitWith });
    if (!isCommitted) {
      await commit();
    }
    return result;
  } catch (error) {
    await rollBack(connection);
    throw error;
  }
}

/** Returns functions that send these SELECTs. */
export const readsOn = (connection: Connection, reads: readonly Statement[]) =>
  reads.map(
    ({ sql, parameters }) =>
      () =>
        connection.rows(sql, parameters),
  );

async function rollBack(connection: Connection): Promise<void> {
  await connection.cleanUp('ROLLBACK').catch((error: unknown) => {
    if (!isAnswered(error)) {
      throw error;
    }
  });
}
