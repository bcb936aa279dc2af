import type { Sequelize } from 'sequelize';
import type { Dialect } from './dialect.js';
import type { Columns, Driver, Parameters, RawConnection } from './driver.js';
import { StatementKiller } from './kill-query.js';
import { placeholders } from './placeholders.js';

type Send = (on: RawConnection, text: string, values: unknown[]) => Promise<unknown>;

/**
 * Sends statements to MariaDB and MySQL through either driver. It prepares those with parameters; each driver keeps the
 * prepared statements of a connection. Late statements are ended by MariaDB itself, and by `KILL QUERY` on MySQL.
 */
export class MysqlDriver implements Driver {
  readonly #bind = placeholders();
  readonly #send: Send;
  readonly #isGalera: boolean;
  /** `undefined` on MariaDB. */
  readonly #killer: StatementKiller | undefined;

  /** @param server the dialect of the server, whichever driver connects to it */
  constructor(sequelize: Sequelize, server: Dialect) {
    const send = sequelize.getDialect() === 'mariadb' ? sendByMariadb : sendByMysql2;
    this.#send = send;
    this.#isGalera = server.isGalera;
    this.#killer =
      server.name === 'mysql'
        ? new StatementKiller(sequelize, (on, text) => send(on, text, []))
        : undefined;
  }

  async rows(
    on: RawConnection,
    sql: string,
    parameters: Parameters,
    left?: number,
  ): Promise<Columns[]> {
    return (await this.#run(on, sql, parameters, left)) as Columns[];
  }

  async count(
    on: RawConnection,
    sql: string,
    parameters: Parameters,
    left?: number,
  ): Promise<number> {
    const result = await this.#run(on, sql, parameters, left);
    return (result as { affectedRows: number }).affectedRows;
  }

  cancel(on: RawConnection): boolean {
    this.#killer?.kill(on);
    return this.#killer !== undefined;
  }

  #run(
    on: RawConnection,
    sql: string,
    parameters: Parameters,
    left: number | undefined,
  ): Promise<unknown> {
    const { text, values } = this.#bind(sql, parameters);
    if (this.#killer) {
      this.#killer.note(on);
      return this.#send(on, text, values);
    }
    return this.#send(on, withSettings(text, left, this.#isGalera), values);
  }
}

/** Milliseconds to which a limit is rounded up, so that there are few texts to prepare. */
const LIMIT_STEP_MS = 500;

/** Milliseconds by which the server's limit is after the deadline, so that the caller gets the error of the deadline. */
const MARGIN_MS = 100;

/**
 * Returns a statement for MariaDB with settings for this statement only, since those of the connection belong to the
 * application. MariaDB ends a statement that reads or writes rows, if it takes too long. It never ends a COMMIT: its
 * outcome would be unknown. On a node of a Galera cluster, a statement or a transaction waits until the node is as new as
 * the others were when it arrived.
 */
function withSettings(text: string, left: number | undefined, isGalera: boolean): string {
  const settings: string[] = [];
  const isOnRows = /^(?:SELECT|INSERT|UPDATE|DELETE)\b/.test(text);
  if (left !== undefined && isOnRows) {
    const steps = Math.max(1, Math.ceil(left / LIMIT_STEP_MS));
    settings.push(`max_statement_time=${(steps * LIMIT_STEP_MS + MARGIN_MS) / 1000}`);
  }
  if (isGalera && (isOnRows || text.startsWith('START TRANSACTION'))) {
    settings.push('wsrep_sync_wait=7');
  }
  return settings.length > 0 ? `SET STATEMENT ${settings.join(', ')} FOR ${text}` : text;
}

/**
 * Waits until the server has prepared a statement, then runs it. The driver's `execute()` sends both requests at once, and
 * the second one names the statement that was prepared last. So if the server refused to prepare this one, it would run an
 * earlier statement with these values.
 */
async function sendByMariadb(on: RawConnection, text: string, values: unknown[]): Promise<unknown> {
  const connection = on as MariadbConnection;
  if (values.length === 0) {
    return connection.query(text);
  }
  const statement = await connection.prepare(text);
  try {
    return await statement.execute(values, AS_DRIVER_READS);
  } finally {
    // It stays in the driver's cache.
    statement.close();
  }
}

/**
 * Leaves out the `typeCast` that Sequelize sets on its connections. It changes no column of this library, but takes longer
 * than the rest of the driver.
 */
const AS_DRIVER_READS = { typeCast: undefined };

function sendByMysql2(on: RawConnection, text: string, values: unknown[]): Promise<unknown> {
  const connection = on as Mysql2Connection;
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: unknown) =>
      error ? reject(error) : resolve(result);
    if (values.length > 0) {
      connection.execute(text, values, done);
    } else {
      connection.query(text, done);
    }
  });
}

/** The parts of the drivers' connections that are used here. */
interface MariadbConnection {
  query(text: string): Promise<unknown>;
  prepare(text: string): Promise<MariadbStatement>;
}

interface MariadbStatement {
  /** @param options in place of those of the connection */
  execute(values: unknown[], options: object): Promise<unknown>;
  close(): void;
}

interface Mysql2Connection {
  query(text: string, done: (error: Error | null, result: unknown) => void): void;
  execute(
    text: string,
    values: unknown[],
    done: (error: Error | null, result: unknown) => void,
  ): void;
}
