import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { TurnQueue } from '../../common/turn-queue.js';
import type { Dialect } from '../drivers/dialect.js';
import { withDeadline, type Deadline } from './deadline.js';
import { ConnectionPool } from './connection-pool.js';
import { MysqlDriver } from '../drivers/mysql.driver.js';
import { PostgresDriver } from '../drivers/postgres.driver.js';
import { retry } from './retry.js';
import { RoundTripDriver } from '../drivers/round-trip.driver.js';
import { closeHandle, type SqliteHandles } from '../drivers/sqlite-handles.js';
import { SqliteDriver } from '../drivers/sqlite.driver.js';
import type { Columns, Connection, Driver, Parameters } from '../drivers/driver.js';
import { isUndone } from './store-error.js';

/** Sends statements, each within one deadline; fails with `SessionStoreError` and nothing else. */
export class StatementExecutor {
  /** Milliseconds within which each call is answered. */
  readonly timeout: number;
  readonly #handles: SqliteHandles;
  readonly #pool: ConnectionPool;
  readonly #exclusive: TurnQueue;
  /** Closes the handle of the store's transactions, which is its only one if the SQLite database is the application's. */
  readonly #closeOwnHandle: (() => Promise<void>) | undefined;

  constructor(
    sequelize: Sequelize,
    dialect: Dialect,
    timeout: number,
    embedded: SqliteHandles | undefined,
    holdsAllText: boolean,
  ) {
    this.timeout = timeout;
    this.#handles = embedded ?? { reads: undefined, exclusive: `sessions:${randomUUID()}` };
    this.#closeOwnHandle =
      dialect.name === 'sqlite' && !embedded
        ? () => closeHandle(sequelize, this.#handles.exclusive)
        : undefined;
    const driver = createDriver(dialect, embedded !== undefined, holdsAllText);
    this.#pool = new ConnectionPool(sequelize, driver);
    this.#exclusive = new TurnQueue(timeout);
  }

  /**
   * Returns the rows of a SELECT. If it fails before its deadline, as on a connection that was cut, it is sent once more:
   * reading again does no harm.
   */
  select(sql: string, parameters: Parameters): Promise<Columns[]> {
    const work = (connection: Connection) => connection.rows(sql, parameters);
    return withDeadline(this.timeout, async (deadline) => {
      try {
        return await this.#pool.use(deadline, work, this.#handles.reads);
      } catch (error) {
        if (deadline.passed) {
          throw error;
        }
        return await this.#pool.use(deadline, work, this.#handles.reads);
      }
    });
  }

  /**
   * Returns how many rows an INSERT, UPDATE or DELETE touched. Each is sent by itself, as
   * docs/adr/0016-writes-are-not-grouped.md explains.
   */
  change(sql: string, parameters: Parameters): Promise<number> {
    return this.#write((deadline) =>
      this.#pool.use(deadline, (connection) => connection.count(sql, parameters)),
    );
  }

  /** Returns the rows that an INSERT, UPDATE or DELETE … RETURNING touched. */
  changeReturning(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#write((deadline) =>
      this.#pool.use(deadline, (connection) => connection.rows(sql, parameters)),
    );
  }

  /**
   * Runs several statements of one write on one connection. One such work runs at a time: waiting for each other's locks
   * they would soon hold the whole pool.
   */
  exclusively<Result>(
    work: (connection: Connection, deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    return this.#write((deadline) =>
      this.#exclusive.run('', async () => {
        deadline.throwIfPassed();
        return this.#pool.use(
          deadline,
          (connection) => work(connection, deadline),
          this.#handles.exclusive,
        );
      }),
    );
  }

  /** Refuses every later statement. */
  async close(): Promise<void> {
    await this.#pool.close();
    await this.#closeOwnHandle?.();
  }

  /** Runs work that writes, again only if the database says that it undid it. */
  #write<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return withDeadline(this.timeout, (deadline) =>
      retry(
        () => work(deadline),
        (error) => isUndone(error) && !deadline.passed,
      ),
    );
  }
}

/** Makes the driver of a database. */
export function createDriver(
  { name }: Dialect,
  isEmbedded: boolean,
  holdsAllText: boolean,
): Driver {
  switch (name) {
    case 'sqlite':
      return new SqliteDriver(isEmbedded);
    case 'postgres':
      return holdsAllText ? new PostgresDriver() : new RoundTripDriver();
    default:
      return new MysqlDriver(name);
  }
}
