import { placeholders } from './placeholders.js';
import type { Columns, Driver, Parameters, RawConnection } from './driver.js';

/**
 * Sends statements to MariaDB and MySQL through either driver. It prepares those with parameters; each driver keeps the
 * prepared statements of a connection.
 */
export class MysqlDriver implements Driver {
  readonly #bind = placeholders();
  readonly #send: (on: RawConnection, text: string, values: unknown[]) => Promise<unknown>;

  constructor(driver: 'mariadb' | 'mysql') {
    this.#send = driver === 'mariadb' ? sendByMariadb : sendByMysql2;
  }

  async rows(on: RawConnection, sql: string, parameters: Parameters): Promise<Columns[]> {
    return (await this.#run(on, sql, parameters)) as Columns[];
  }

  async count(on: RawConnection, sql: string, parameters: Parameters): Promise<number> {
    return ((await this.#run(on, sql, parameters)) as { affectedRows: number }).affectedRows;
  }

  #run(on: RawConnection, sql: string, parameters: Parameters): Promise<unknown> {
    const { text, values } = this.#bind(sql, parameters);
    return this.#send(on, text, values);
  }
}

function sendByMariadb(on: RawConnection, text: string, values: unknown[]): Promise<unknown> {
  const connection = on as MariadbConnection;
  return values.length > 0 ? connection.execute(text, values) : connection.query(text);
}

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
  execute(text: string, values: unknown[]): Promise<unknown>;
}

interface Mysql2Connection {
  query(text: string, done: (error: Error | null, result: unknown) => void): void;
  execute(
    text: string,
    values: unknown[],
    done: (error: Error | null, result: unknown) => void,
  ): void;
}
