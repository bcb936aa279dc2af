import type { Sequelize } from 'sequelize';
import { SessionStoreError } from '../../common/session-error.js';
import { TurnQueue } from '../../common/turn-queue.js';
import type { Deadline } from './deadline.js';
import { guardConnects } from '../drivers/postgres-connect.js';
import { Connection, type Driver, type RawConnection } from '../drivers/driver.js';
import { destroyPooled, maxPoolSize } from '../drivers/sequelize-internals.js';
import { DEFAULT_HANDLE, openHandle } from '../drivers/sqlite-handles.js';
import { isAnswered } from './store-error.js';

/** Milliseconds more for a late connection where dropping as many as the pool holds has not helped. */
const DROP_DELAY_MS = 30_000;

/**
 * Lends connections of Sequelize's pool. One that work of ours still occupies at its deadline is dropped: out of the pool,
 * its socket destroyed. Its route may be dead, and then it would keep its place in the pool for good.
 */
export class ConnectionPool {
  readonly #sequelize: Sequelize;
  readonly #driver: Driver;
  /** Whether there is a pool at all; SQLite has handles to a file. */
  readonly #hasSockets: boolean;
  readonly #unguard: (() => void) | undefined;
  /**
   * On SQLite one after the other on each handle: what waits for a lock takes a thread of Node's pool, which has four, and
   * one must be left for the transaction that holds the lock. The waits are bounded, so no turn has to be.
   */
  readonly #turns = new TurnQueue();
  #droppedInARow = 0;
  #lent = 0;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(sequelize: Sequelize, driver: Driver) {
    this.#sequelize = sequelize;
    this.#driver = driver;
    this.#hasSockets = sequelize.getDialect() !== 'sqlite';
    this.#unguard = sequelize.getDialect() === 'postgres' ? guardConnects(sequelize) : undefined;
  }

  /** Runs work on a connection that nobody else uses meanwhile; not at all where it is free only after the deadline. */
  use<Result>(
    deadline: Deadline,
    work: (connection: Connection) => Promise<Result>,
    handle = DEFAULT_HANDLE,
  ): Promise<Result> {
    const lend = () => this.#lend(deadline, work, handle);
    return this.#hasSockets ? lend() : this.#turns.run(handle, lend);
  }

  async #lend<Result>(
    deadline: Deadline,
    work: (connection: Connection) => Promise<Result>,
    handle: string,
  ): Promise<Result> {
    if (this.#closed) {
      throw new SessionStoreError('The session store is closed.');
    }
    this.#lent++;
    try {
      deadline.onPass(this.#hasSockets ? poolTimeoutError : undefined);
      const raw = this.#hasSockets
        ? await this.#sequelize.connectionManager.getConnection({ type: 'write', useMaster: true })
        : await openHandle(this.#sequelize, handle);
      return await this.#work(raw, deadline, work);
    } finally {
      this.#lent--;
      if (this.#lent === 0) {
        this.#onIdle?.();
      }
    }
  }

  async #work<Result>(
    raw: RawConnection,
    deadline: Deadline,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    let late: NodeJS.Timeout | undefined;
    let lent = true;
    try {
      deadline.throwIfPassed();
      deadline.onPass(() => {
        // Not at once: a process that was busy may have the answer already and has not looked.
        setImmediate(() => {
          if (lent && this.#hasSockets) {
            late = this.#drop(raw);
          }
        });
        return undefined;
      });
      const result = await work(new Connection(this.#driver, raw));
      this.#droppedInARow = 0;
      return result;
    } catch (error) {
      if (this.#hasSockets && !isAnswered(error)) {
        // It broke, or has a transaction or an answer in it that nobody waits for any more.
        this.#end(raw);
      }
      throw error;
    } finally {
      lent = false;
      deadline.onPass(undefined);
      clearTimeout(late);
      // Of one that was dropped the pool knows nothing any more.
      this.#sequelize.connectionManager.releaseConnection(raw);
    }
  }

  /** Lends none any more, and waits for the work on SQLite's handles, which always ends, and can't once they are closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unguard?.();
    if (!this.#hasSockets && this.#lent > 0) {
      await new Promise<void>((idle) => {
        this.#onIdle = idle;
      });
    }
    await this.#driver.close?.();
  }

  /**
   * Where as many were dropped as the pool holds and no statement was answered since, the connections are not to blame:
   * a locked table, say. The server goes on with what it was sent, so each further one would be one more for it to carry.
   */
  #drop(raw: RawConnection): NodeJS.Timeout | undefined {
    if (this.#droppedInARow >= maxPoolSize(this.#sequelize)) {
      return setTimeout(() => this.#end(raw), DROP_DELAY_MS).unref();
    }
    this.#droppedInARow++;
    this.#end(raw);
    return undefined;
  }

  #end(raw: RawConnection): void {
    destroySocket(this.#sequelize.getDialect(), raw);
    destroyPooled(this.#sequelize, raw).catch(() => {});
  }
}

function poolTimeoutError(timeout: number): SessionStoreError {
  return new SessionStoreError(
    `The pool gave no connection within ${timeout} ms, so nothing was sent. The session database is away, ` +
      'or open transactions hold the pool.',
  );
}

/** Without a farewell, which would wait behind the statement; MariaDB's driver itself waits for none when the pool ends it. */
function destroySocket(dialect: string, raw: RawConnection): void {
  switch (dialect) {
    case 'postgres':
      (raw as { connection?: WithStream }).connection?.stream.destroy();
      break;
    case 'mysql':
      (raw as WithStream).stream.destroy();
      break;
  }
}

interface WithStream {
  readonly stream: { destroy(): void };
}
