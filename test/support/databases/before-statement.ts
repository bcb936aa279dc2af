import type { Sequelize } from 'sequelize';

/** The part of a connection of MariaDB's or MySQL's driver that is used. */
interface Client {
  readonly threadId: number;
  /** Only the driver of MariaDB has it. */
  readonly batch?: unknown;
  query(sql: string): Promise<unknown>;
  prepare?: Send;
  execute?: Send;
}

type Send = (sql: string, ...rest: unknown[]) => unknown;

/** What runs before a statement. */
export interface BeforeStatement {
  /** Runs `work` once, before the next statement with parameters that matches. */
  next(statement: RegExp, work: (client: Client) => Promise<unknown>): void;
  /** Whether that statement has not come yet. */
  readonly isAwaited: boolean;
}

/**
 * Lets tests change what a statement meets: unlike a listener, the work is done before the server gets the statement. Call it
 * before the connection is used.
 */
export function beforeStatement(connection: Sequelize): BeforeStatement {
  let awaited: { statement: RegExp; work: (client: Client) => Promise<unknown> } | undefined;
  connection.addHook('afterConnect', (raw) => {
    const client = raw as Client;
    const method = client.batch ? 'prepare' : 'execute';
    const send = client[method]!.bind(client);
    client[method] = (sql, ...rest) => {
      if (!awaited?.statement.test(sql)) {
        return send(sql, ...rest);
      }
      const { work } = awaited;
      awaited = undefined;
      return work(client).then(() => send(sql, ...rest));
    };
  });
  return {
    next: (statement, work) => (awaited = { statement, work }),
    get isAwaited() {
      return awaited !== undefined;
    },
  };
}
