import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { TurnQueue } from '../../common/turn-queue.js';
import type { Dialect } from '../drivers/dialect.js';
import type { SqliteHandles } from '../embedded-sqlite.js';
import { withDeadline, type Deadline } from './deadline.js';
import { ConnectionPool } from './connection-pool.js';
import { MysqlDriver } from '../drivers/mysql.driver.js';
import { PostgresDriver } from '../drivers/postgres.driver.js';
import { retry } from './retry.js';
import { RoundTripDriver } from '../drivers/round-trip.driver.js';
import { closeHandle } from '../drivers/sqlite-handles.js';
import { SqliteDriver } from '../drivers/sqlite.driver.js';
import type { Columns, Connection, Driver, Parameters } from '../drivers/driver.js';
import { isUndone, toStoreError } from './store-error.js';

/** Sends statements, each within one deadline; fails with `SessionStoreError` and nothing else. */
export class StatementExecutor {
  /** Milliseconds within which each call is answered. */
  readonly timeout: number;
  readonly #handles: SqliteHandles;
  readonly #pool: ConnectionPool;
  readonly #exclusive: TurnQueue;
  /** Where SQLite is the application's, the handle of our transactions is the only one of ours. */
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
   * The rows of a SELECT; it is sent once more where it failed before its deadline, as on a connection that was cut, since
   * reading again does no harm.
   */
  async select(sql: string, parameters: Parameters): Promise<Columns[]> {
    const read = (deadline: Deadline) =>
      this.#pool.use(
        deadline,
        (connection) => connection.rows(sql, parameters),
        this.#handles.reads,
      );
    return this.#withinDeadline(async (deadline) => {
      try {
        return await read(deadline);
      } catch (error) {
        if (deadline.passed) {
          throw error;
        }
        return await read(deadline);
      }
    });
  }

  /**
   * Returns how many rows an INSERT, UPDATE or DELETE touched. Each is sent by itself, as
   * docs/adr/0016-writes-are-not-grouped.md explains.
   */
  async change(sql: string, parameters: Parameters): Promise<number> {
    return this.#untilDone((deadline) =>
      this.#pool.use(deadline, (connection) => connection.count(sql, parameters)),
    );
  }

  /** The rows that an INSERT, UPDATE or DELETE … RETURNING touched. */
  async changeReturning(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#untilDone((deadline) =>
      this.#pool.use(deadline, (connection) => connection.rows(sql, parameters)),
    );
  }

  /**
   * Runs work that writes on one connection, again only if the database says that it undid it. One such work runs at a
   * time: waiting for each other's locks they would soon hold the whole pool.
   */
  async exclusively<Result>(
    work: (connection: Connection, deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    return this.#untilDone((deadline) =>
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

  async #untilDone<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return this.#withinDeadline((deadline) =>
      retry(
        () => work(deadline),
        (error) => isUndone(error) && !deadline.passed,
      ),
    );
  }

  async #withinDeadline<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return withDeadline(this.timeout, async (deadline) => {
      try {
        return await work(deadline);
      } catch (error) {
        throw toStoreError(error);
      }
    });
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
