import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { SessionStoreError } from '../common/session-error.js';
import { TurnQueue } from '../common/turn-queue.js';
import { requireTime, withDeadline, type Deadline } from './deadline.js';
import { PooledConnections, type Connection } from './pooled-connections.js';
import { isUndone, storeError } from './store-error.js';

/**
 * What every statement of this library is sent with: outside the application's own transactions (`Sequelize.useCLS`
 * would roll an acknowledged logout back), to the primary (a replica serves sessions that are gone), never sent twice by
 * Sequelize (a write that was applied before its connection broke would be applied again), and never logged.
 */
export const STATEMENT_OPTIONS = {
  transaction: null,
  useMaster: true,
  retry: { max: 1 },
  logging: false,
} as const;

/** Values of a statement's `$name` parameters. */
export type Parameters = Record<string, string | number | null>;

/** Names of handles that Sequelize opens to an SQLite file; on other databases connections come from the pool. */
export interface SqliteHandles {
  /** For reads alone, so that no write's wait for a lock holds them up; `undefined` for the same as all else. */
  readonly reads: string | undefined;
  /** For transactions. */
  readonly exclusive: string;
}

/** A row as the driver gives it. */
export type Columns = Record<string, unknown>;

/** Sends statements, each within one deadline; fails with `SessionStoreError` and nothing else. */
export class Statements {
  readonly #sequelize: Sequelize;
  /** Milliseconds within which each call is answered. */
  readonly timeout: number;
  readonly #handles: SqliteHandles;
  readonly #pool: PooledConnections;
  readonly #exclusive: TurnQueue;
  #closed = false;

  constructor(
    sequelize: Sequelize,
    timeout: number,
    handles: SqliteHandles = { reads: undefined, exclusive: `sessions:${randomUUID()}` },
  ) {
    this.#sequelize = sequelize;
    this.timeout = timeout;
    this.#handles = handles;
    this.#pool = new PooledConnections(sequelize);
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
      this.#onAny(deadline, (on) => this.count(sql, parameters, on)),
    );
  }

  /** The rows that an INSERT, UPDATE or DELETE … RETURNING touched. */
  async changeReturning(sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.untilDone((deadline) =>
      this.#onAny(deadline, (on) => this.rows(sql, parameters, on)),
    );
  }

  /** Runs work that writes, again only where the database says that it undid it. */
  async untilDone<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return this.withinDeadline(async (deadline) => {
      for (;;) {
        try {
          return await work(deadline);
        } catch (error) {
          if (!isUndone(error) || deadline.passed) {
            throw error;
          }
          await pause(5 + Math.random() * 20);
        }
      }
    });
  }

  /** Refuses every later statement. */
  close(): void {
    this.#closed = true;
    this.#pool.close();
  }

  /** Sends a SELECT or a statement with RETURNING once, where writes go, on a certain connection where one is given. */
  async rows(sql: string, parameters: Parameters, on?: Connection): Promise<Columns[]> {
    return this.#sequelize.query(sql, {
      ...STATEMENT_OPTIONS,
      ...pinnedTo(on),
      bind: parameters,
      type: QueryTypes.SELECT,
    });
  }

  /** Sends a statement that changes rows once, on a certain connection where one is given. */
  async count(sql: string, parameters: Parameters, on?: Connection): Promise<number> {
    return this.#sequelize.query(sql, {
      ...STATEMENT_OPTIONS,
      ...pinnedTo(on),
      bind: parameters,
      // The one type that counts rows on every dialect, whatever the statement is.
      type: QueryTypes.BULKUPDATE,
    });
  }

  /**
   * Runs work on one connection that nobody else uses meanwhile, one such work at a time: waiting for each other's locks
   * they would soon hold the whole pool, and SQLite has one handle for them all.
   */
  async onOneConnection<Result>(
    deadline: Deadline,
    work: (on: Connection) => Promise<Result>,
  ): Promise<Result> {
    return this.#exclusive.run('', async () => {
      requireTime(deadline);
      return this.#pool.lend(deadline, work, this.#handles.exclusive);
    });
  }

  async withinDeadline<Result>(work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    if (this.#closed) {
      throw new SessionStoreError('The session store is closed.');
    }
    return withDeadline(this.timeout, async (deadline) => {
      try {
        return await work(deadline);
      } catch (error) {
        throw storeError(error);
      }
    });
  }

  async #read(deadline: Deadline, sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#onAny(deadline, (on) =>
      this.#sequelize.query(sql, {
        ...STATEMENT_OPTIONS,
        ...pinnedTo(on),
        ...(this.#handles.reads !== undefined && { uuid: this.#handles.reads }),
        bind: parameters,
        type: QueryTypes.SELECT,
      }),
    );
  }

  /** Runs one statement on whichever connection is free; Sequelize itself knows that of an SQLite database. */
  async #onAny<Result>(
    deadline: Deadline,
    statement: (on: Connection | undefined) => Promise<Result>,
  ): Promise<Result> {
    return this.#pool.hasSockets ? this.#pool.lend(deadline, statement) : statement(undefined);
  }
}

/**
 * Sequelize sends a statement on the connection of its `transaction`. One of Sequelize's own transactions won't do: on a
 * deadlock it gives the connection back by itself, locks and all.
 */
function pinnedTo(connection: Connection | undefined): { transaction?: Transaction } {
  return connection ? { transaction: { connection } as unknown as Transaction } : {};
}
