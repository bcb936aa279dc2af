import type { Sequelize } from 'sequelize';
import { DROPS } from '../../common/diagnostics.js';
import { SessionStoreError } from '../../common/session-error.js';
import { TurnQueue } from '../../common/async/turn-queue.js';
import type { Deadline } from './deadline.js';
import { guardConnects } from '../drivers/postgres/postgres-connect.js';
import { Connection, type Driver, type RawConnection } from '../drivers/driver.js';
import { destroyPooled, maxPoolSize } from '../drivers/sequelize-internals.js';
import { DEFAULT_HANDLE, openHandle } from '../drivers/sqlite/sqlite-handles.js';
import { LateStatements } from './late-statements.js';
import { isAnswered, isReadOnly, timeoutError } from './store-error.js';

/**
 * Runs work on connections of Sequelize's pool, and drops those that miss their deadline: a connection whose route is dead
 * would keep its place in the pool permanently. docs/adr/0014-connections-are-borrowed-and-dropped.md explains why the
 * store does this.
 *
 * A use moves through these states:
 *
 * - WAITING for a connection. If the deadline passes, the caller gets an error that says that nothing was sent; a
 *   connection that comes later goes back unused (RETURNED).
 * - IN USE, one statement after the other. It ends in RETURNED when the work is done or the database refused a statement,
 *   and in DROPPED if the connection broke or is read-only. If the deadline passes, it becomes LATE.
 * - LATE: the caller has its error, and the driver still waits for the database, which is asked to end the statement. If
 *   that was by a request that names the connection, the request may come late and end the next statement; so the use
 *   ends in LEFT. If nothing ends the statement, it ends in DROPPED (`LateStatements` says when).
 * - DROPPED: out of the pool, its socket destroyed.
 * - LEFT: out of the pool, closed in the regular way.
 * - RETURNED: in the pool again.
 *
 * SQLite has no pool and no sockets: each handle serves one use after the other, and none is ever dropped. After `close()`
 * no use starts.
 */
export class ConnectionPool {
  readonly #sequelize: Sequelize;
  readonly #driver: Driver;
  /** Whether connections come from a pool; SQLite has handles to a file. */
  readonly #hasSockets: boolean;
  readonly #unguard: (() => void) | undefined;
  readonly #late: LateStatements;
  /**
   * Only on SQLite: lets the uses of each handle run one after the other. A statement that waits for a lock occupies one
   * of the four threads of Node's pool. One thread must stay free for the transaction that holds the lock. The turns need
   * no timeout, because the wait for a lock has a timeout.
   */
  readonly #turns = new TurnQueue();
  /** The connections that left the pool. */
  readonly #left = new WeakSet<RawConnection>();
  /** How many read-only connections left the pool in the second that began at `since`. */
  #replacing = { since: 0, count: 0 };
  #inUse = 0;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(sequelize: Sequelize, driver: Driver) {
    this.#sequelize = sequelize;
    this.#driver = driver;
    this.#hasSockets = sequelize.getDialect() !== 'sqlite';
    this.#late = new LateStatements(driver, this.#hasSockets ? maxPoolSize(sequelize) : 0);
    this.#unguard = sequelize.getDialect() === 'postgres' ? guardConnects(sequelize) : undefined;
  }

  /** Runs work on a connection that nobody else uses meanwhile. It does not start after the deadline. */
  use<Result>(
    deadline: Deadline,
    work: (connection: Connection) => Promise<Result>,
    handle = DEFAULT_HANDLE,
  ): Promise<Result> {
    const borrow = () => this.#borrow(deadline, work, handle);
    return this.#hasSockets ? borrow() : this.#turns.run(handle, borrow);
  }

  async #borrow<Result>(
    deadline: Deadline,
    work: (connection: Connection) => Promise<Result>,
    handle: string,
  ): Promise<Result> {
    if (this.#closed) {
      throw new SessionStoreError(
        'The session store is closed. The application is shutting down, or close() was called.',
        { reason: 'unsent' },
      );
    }
    this.#inUse++;
    try {
      deadline.onPass(this.#hasSockets ? poolTimeoutError : undefined);
      const raw = this.#hasSockets
        ? await this.#sequelize.connectionManager.getConnection({ type: 'write', useMaster: true })
        : await openHandle(this.#sequelize, handle);
      return await this.#work(raw, deadline, work);
    } finally {
      this.#inUse--;
      if (this.#inUse === 0) {
        this.#onIdle?.();
      }
    }
  }

  async #work<Result>(
    raw: RawConnection,
    deadline: Deadline,
    work: (connection: Connection) => Promise<Result>,
  ): Promise<Result> {
    let late: ReturnType<LateStatements['end']> | undefined;
    let onDrop!: (error: unknown) => void;
    // MariaDB's driver settles no statement of a connection that was dropped.
    const dropped = new Promise<never>((_, reject) => {
      onDrop = reject;
    });
    try {
      deadline.throwIfPassed();
      deadline.startSending();
      deadline.onPass((timeout) => {
        if (this.#hasSockets) {
          late = this.#late.end(raw, deadline.effect, () => {
            this.#drop(raw);
            onDrop(timeoutError(timeout, deadline.stage));
          });
        }
        return undefined;
      });
      // On SQLite the work goes on: in memory there is no transaction that could undo half of it.
      const limit = this.#hasSockets ? deadline : undefined;
      const connection = new Connection(this.#driver, raw, limit);
      const result = await Promise.race([work(connection), dropped]);
      if (connection.isBroken) {
        this.#drop(raw);
      }
      this.#late.succeeded(deadline.effect);
      return result;
    } catch (error) {
      if (this.#hasSockets && (!isAnswered(error) || (isReadOnly(error) && this.#mayReplace()))) {
        // It broke, or a transaction or a response that nobody waits for is still on it, or it leads to a server that was the
        // primary until a failover.
        this.#drop(raw);
      }
      throw error;
    } finally {
      deadline.onPass(undefined);
      late?.stop();
      if (late?.isCancelled) {
        this.#leavePool(raw);
      }
      // The pool ignores a connection that has left it.
      this.#sequelize.connectionManager.releaseConnection(raw);
    }
  }

  /** Starts no more uses, and waits for those of SQLite's handles: they always end, but could not after a close. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unguard?.();
    if (!this.#hasSockets && this.#inUse > 0) {
      await new Promise<void>((idle) => {
        this.#onIdle = idle;
      });
    }
    await this.#driver.close?.();
  }

  /** Returns whether one more read-only connection may leave the pool: per second, at most as many as the pool holds. */
  #mayReplace(): boolean {
    const now = performance.now();
    if (now - this.#replacing.since >= 1000) {
      this.#replacing = { since: now, count: 0 };
    }
    return this.#replacing.count++ < maxPoolSize(this.#sequelize);
  }

  #drop(raw: RawConnection): void {
    destroySocket(this.#sequelize.getDialect(), raw);
    this.#leavePool(raw);
  }

  #leavePool(raw: RawConnection): void {
    if (!this.#left.has(raw)) {
      this.#left.add(raw);
      DROPS.publish({});
    }
    destroyPooled(this.#sequelize, raw).catch(() => {});
  }
}

function poolTimeoutError(timeout: number): SessionStoreError {
  return new SessionStoreError(
    `The pool gave no connection within ${timeout} ms, so nothing was sent. The session database is unreachable, ` +
      'or open transactions hold the pool.',
    { reason: 'unsent' },
  );
}

/** Sends no closing message, which would wait behind the statement. MariaDB's driver does not wait for one anyway. */
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
