import type { Options, Sequelize } from 'sequelize';
import type { TestDatabase } from './databases.js';

/** How an application may set up its connections. */
export interface ConnectionSetup {
  /** Statements that a hook sends on each new connection. */
  readonly statements?: readonly string[];
  readonly dialectOptions?: object;
  /** The database, if it differs from that of the tests. */
  readonly database?: string;
}

/** Returns a Sequelize whose connections are set up as by an application. */
export function connectPrepared(
  server: TestDatabase,
  { statements = [], dialectOptions, database }: ConnectionSetup,
): Sequelize {
  const hooks: Options['hooks'] = {
    beforeConnect: (config) => {
      config.database = database ?? config.database!;
    },
    afterConnect: async (connection) => {
      for (const sql of statements) {
        await send(connection as Client, sql);
      }
    },
  };
  return server.connect(undefined, { hooks, ...(dialectOptions && { dialectOptions }) });
}

/** The driver of MariaDB returns a promise; the others take a callback. */
async function send(client: Client, sql: string): Promise<void> {
  await new Promise((resolve, reject) => {
    const sent = client.query(sql, (error) => (error ? reject(error) : resolve(undefined)));
    if (sent instanceof Promise) {
      sent.then(resolve, reject);
    }
  });
}

interface Client {
  query(sql: string, done: (error: Error | null) => void): unknown;
}
