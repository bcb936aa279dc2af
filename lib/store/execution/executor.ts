import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { TurnQueue } from '../../common/turn-queue.js';
import type { Dialect } from '../drivers/dialect.js';
import type { SqliteHandles } from '../embedded-sqlite.js';
import { throwIfPassed, withDeadline, type Deadline } from './deadline.js';
import { ConnectionPool, type Connection } from './connection-pool.js';
import { MysqlDriver } from '../drivers/mysql.driver.js';
import { PostgresDriver } from '../drivers/postgres.driver.js';
import { retry } from './retry.js';
import { RoundTripDriver } from '../drivers/round-trip.driver.js';
import { closeHandle } from '../drivers/sqlite-handles.js';
import { SqliteDriver } from '../drivers/sqlite.driver.js';
import type { Columns, Parameters, Driver } from '../drivers/driver.js';
import { isUndone, toStoreError } from './store-error.js';

/** Sends statements, each within one deadline; fails with `SessionStoreError` and nothing else. */
export class StatementExecutor {
  readonly #sender: Driver;
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
    this.#sender = driverFor(dialect, embedded !== undefined, holdsAllText);
    this.#closeOwnHandle =
      dialect.name === 'sqlite' && !embedded
        ? () => closeHandle(sequelize, this.#handles.exclusive)
        : undefined;
    this.#pool = new ConnectionPool(sequelize);
    this.#exclusive = new TurnQueue(timeout);
  }

  /**
   * The rows of a SELECT; it is sent once more where it failed before its deadline, as on a connection that was cut, since
   * reading again does no harm.
   */
  async select(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.withinDeadline(async (deadline) => {
      try {
        return await this.#read(deadline, sql, parameters);
      } catch (error) {
        if (deadline.passed) {
          throw error;
        }
        return await this.#read(deadline, sql, parameters);
      }
    });
  }

  /** How many rows an INSERT, UPDATE or DELETE touched. */
  async change(sql: string, parameters: Parameters): Promise<number> {
    return this.untilDone((deadline) =>
      this.#pool.use(deadline, (on) => this.count(sql, parameters, on)),
    );
  }

  /** The rows that an INSERT, UPDATE or DELETE … RETURNING touched. */
  async changeReturning(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.untilDone((deadline) =>
      this.#pool.use(deadline, (on) => this.rows(sql, parameters, on)),
    );
  }

  /** Runs work that writes, again only where the database says that it undid it. */
  async untilDone<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return this.withinDeadline((deadline) =>
      retry(
        () => work(deadline),
        (error) => isUndone(error) && !deadline.passed,
      ),
    );
  }

  /** Refuses every later statement. */
  async close(): Promise<void> {
    await this.#pool.close();
    await this.#sender.close?.();
    await this.#closeOwnHandle?.();
  }

  /** Sends a SELECT or a statement with RETURNING once, on a certain connection. */
  rows(sql: string, parameters: Parameters, on: Connection): Promise<Columns[]> {
    return this.#sender.rows(on, sql, parameters);
  }

  /** Sends a statement that changes rows once, on a certain connection. */
  count(sql: string, parameters: Parameters, on: Connection): Promise<number> {
    return this.#sender.count(on, sql, parameters);
  }

  /**
   * Runs work on one connection that nobody else uses meanwhile, one such work at a time: waiting for each other's locks
   * they would soon hold the whole pool.
   */
  async onOneConnection<Result>(
    deadline: Deadline,
    work: (on: Connection) => Promise<Result>,
  ): Promise<Result> {
    return this.#exclusive.run('', async () => {
      throwIfPassed(deadline);
      return this.#pool.use(deadline, work, this.#handles.exclusive);
    });
  }

  async withinDeadline<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return withDeadline(this.timeout, async (deadline) => {
      try {
        return await work(deadline);
      } catch (error) {
        throw toStoreError(error);
      }
    });
  }

  #read(deadline: Deadline, sql: string, parameters: Parameters): Promise<Columns[]> {
    const work = (on: Connection) => this.rows(sql, parameters, on);
    return this.#pool.use(deadline, work, this.#handles.reads);
  }
}

function driverFor({ name }: Dialect, isEmbedded: boolean, holdsAllText: boolean): Driver {
  switch (name) {
    case 'sqlite':
      return new SqliteDriver(isEmbedded);
    case 'postgres':
      return holdsAllText ? new PostgresDriver() : new RoundTripDriver();
    default:
      return new MysqlDriver(name);
  }
}
