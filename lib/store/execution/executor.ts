import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { Slots } from '../../common/async/slots.js';
import { TurnQueue } from '../../common/async/turn-queue.js';
import type { Dialect } from '../drivers/dialect.js';
import { withDeadline, type Deadline } from './deadline.js';
import { ConnectionPool } from './connection-pool.js';
import { MysqlDriver } from '../drivers/mysql.driver.js';
import { nodeSqliteOf } from '../drivers/node-sqlite/dialect-module.js';
import { PostgresDriver } from '../drivers/postgres/postgres.driver.js';
import { retry } from './retry.js';
import { RoundTripDriver } from '../drivers/round-trip.driver.js';
import { maxPoolSize } from '../drivers/sequelize-internals.js';
import { closeHandle, type SqliteHandles } from '../drivers/sqlite/sqlite-handles.js';
import { SqliteDriver } from '../drivers/sqlite/sqlite.driver.js';
import type { Columns, Connection, Driver, Parameters } from '../drivers/driver.js';
import { isUndone } from './store-error.js';

/** Sends statements, each within one deadline. Failures of the database become `SessionStoreError`. */
export class StatementExecutor {
  /** Milliseconds that each call may take. */
  readonly timeout: number;
  readonly #handles: SqliteHandles;
  readonly #pool: ConnectionPool;
  /**
   * Keeps part of the pool for reads: otherwise writes that wait for a lock could take all of it. A write keeps its place
   * until its connection is free or has left the pool, however late it is.
   */
  readonly #writes: Slots;
  /** Limits transactions to half of the pool, so that writes of one statement need not wait for them. */
  readonly #transactions: Slots;
  /** Queues transactions of one key here and not in the database, where each would hold a connection. */
  readonly #lanes: TurnQueue;
  readonly #hasOneWriter: boolean;
  /** Closes the handle of the store's transactions, its only one if the application owns the SQLite database. */
  readonly #closeOwnHandle: (() => Promise<void>) | undefined;

  constructor(
    sequelize: Sequelize,
    dialect: Dialect,
    timeout: number,
    embedded: SqliteHandles | undefined,
    holdsAllText: boolean,
  ) {
    this.timeout = timeout;
    this.#handles = embedded ?? {
      reads: undefined,
      lookups: undefined,
      exclusive: `sessions:${randomUUID()}`,
    };
    this.#closeOwnHandle =
      dialect.name === 'sqlite' && !embedded
        ? () => closeHandle(sequelize, this.#handles.exclusive)
        : undefined;
    const driver = createDriver(sequelize, dialect, embedded !== undefined, holdsAllText);
    this.#pool = new ConnectionPool(sequelize, driver);
    this.#hasOneWriter = dialect.name === 'sqlite';
    const connections = this.#hasOneWriter ? Infinity : maxPoolSize(sequelize);
    this.#writes = new Slots(connections - keptForReads(connections));
    this.#transactions = new Slots(Math.max(1, Math.floor(connections / 2)));
    this.#lanes = new TurnQueue(timeout);
  }

  /**
   * Returns the rows of a SELECT. If it fails before its deadline, as on a connection that was cut, it is sent once more:
   * reading again does no harm.
   */
  select(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#read(sql, parameters, this.#handles.reads);
  }

  /** Returns the rows of a SELECT that takes microseconds. */
  lookUp(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#read(sql, parameters, this.#handles.lookups);
  }

  #read(sql: string, parameters: Parameters, handle: string | undefined): Promise<Columns[]> {
    const work = (connection: Connection) => connection.rows(sql, parameters);
    return withDeadline(this.timeout, 'read', async (deadline) => {
      try {
        return await this.#pool.use(deadline, work, handle);
      } catch (error) {
        if (deadline.passed) {
          throw error;
        }
        return await this.#pool.use(deadline, work, handle);
      }
    });
  }

  /**
   * Returns how many rows an INSERT, UPDATE or DELETE touched. Writes are not grouped;
   * docs/adr/0016-writes-are-not-grouped.md explains why.
   */
  change(sql: string, parameters: Parameters): Promise<number> {
    return this.#writeOnce((connection) => connection.count(sql, parameters));
  }

  /** Returns the rows that an INSERT, UPDATE or DELETE … RETURNING touched. */
  changeReturning(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#writeOnce((connection) => connection.rows(sql, parameters));
  }

  /**
   * Runs several statements of one write on one connection, while no other work of the same key runs in this process.
   * SQLite has one writer, so there it excludes work of every other key too.
   */
  exclusively<Result>(
    key: string,
    work: (connection: Connection, deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    const lane = this.#hasOneWriter ? '' : key;
    return withDeadline(this.timeout, 'write', (deadline) =>
      this.#lanes.run(lane, () =>
        this.#transactions.run(() =>
          this.#write(deadline, () =>
            this.#pool.use(
              deadline,
              (connection) => work(connection, deadline),
              this.#handles.exclusive,
            ),
          ),
        ),
      ),
    );
  }

  /** Refuses every later statement. */
  async close(): Promise<void> {
    await this.#pool.close();
    await this.#closeOwnHandle?.();
  }

  #writeOnce<Result>(statement: (connection: Connection) => Promise<Result>): Promise<Result> {
    return withDeadline(this.timeout, 'write', (deadline) =>
      this.#write(deadline, () => this.#pool.use(deadline, statement)),
    );
  }

  /** Runs work that writes. Retries it only if the database says that it undid it. */
  #write<Result>(deadline: Deadline, work: () => Promise<Result>): Promise<Result> {
    return this.#writes.run(async () => {
      deadline.throwIfPassed();
      return retry(work, (error) => isUndone(error) && !deadline.passed);
    });
  }
}

/** Returns how many connections of the pool are kept for reads. */
function keptForReads(connections: number): number {
  if (connections <= 5) {
    return connections <= 2 ? 0 : 1;
  }
  return connections === Infinity ? 0 : Math.floor(connections / 4);
}

/**
 * Returns the driver of a connection.
 *
 * @param dialect the dialect of the server
 */
export function createDriver(
  sequelize: Sequelize,
  dialect: Dialect,
  isEmbedded: boolean,
  holdsAllText: boolean,
): Driver {
  switch (dialect.name) {
    case 'sqlite':
      return new SqliteDriver(isEmbedded && !nodeSqliteOf(sequelize));
    case 'postgres':
      return holdsAllText ? new PostgresDriver() : new RoundTripDriver();
    default:
      return new MysqlDriver(sequelize, dialect);
  }
}
