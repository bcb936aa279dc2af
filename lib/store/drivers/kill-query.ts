import type { Sequelize } from 'sequelize';
import type { RawConnection } from './driver.js';
import { connectOutsidePool, disconnectOutsidePool } from './sequelize-internals.js';

/** Which server a connection leads to, and its number there. */
interface Thread {
  readonly id: string;
  readonly server: string;
}

type Query = (on: RawConnection, text: string) => Promise<unknown>;

/**
 * Ends statements on MySQL by `KILL QUERY`, over one connection outside the pool. The same number means different
 * connections on different servers, and a pool can lead to several servers. So at its first use, each connection asks which
 * server it leads to, and its statements are killed only there.
 */
export class StatementKiller {
  readonly #sequelize: Sequelize;
  readonly #query: Query;
  /** `undefined` until the server has responded. */
  readonly #threads = new WeakMap<RawConnection, Thread | undefined>();
  /** Connections whose statements are to be ended. */
  readonly #waiting = new Set<RawConnection>();
  #isKilling = false;

  constructor(sequelize: Sequelize, query: Query) {
    this.#sequelize = sequelize;
    this.#query = query;
  }

  /** Asks once per connection to which server it leads. The driver sends this ahead of the connection's next statement. */
  note(on: RawConnection): void {
    if (!this.#threads.has(on)) {
      this.#threads.set(on, undefined);
      this.#threadOf(on).then(
        (thread) => this.#threads.set(on, thread),
        () => {},
      );
    }
  }

  /** Ends the statement that runs on a connection, if it can. */
  kill(on: RawConnection): void {
    this.#waiting.add(on);
    if (!this.#isKilling) {
      this.#isKilling = true;
      void this.#killAll();
    }
  }

  async #killAll(): Promise<void> {
    // More statements can become late while the connection is being closed.
    while (this.#waiting.size > 0) {
      // Even if this fails, the connections of the statements are dropped.
      await this.#killWaiting().catch(() => this.#waiting.clear());
    }
    this.#isKilling = false;
  }

  async #killWaiting(): Promise<void> {
    const connection = await connectOutsidePool(this.#sequelize);
    try {
      const { server } = await this.#threadOf(connection);
      for (const late of this.#waiting) {
        this.#waiting.delete(late);
        // A connection that never got a response runs no statement of this library on the server.
        const thread = this.#threads.get(late);
        if (thread?.server === server) {
          // The server refuses this if the connection is gone by now.
          await this.#query(connection, `KILL QUERY ${thread.id}`).catch(() => {});
        }
      }
    } finally {
      await disconnectOutsidePool(this.#sequelize, connection);
    }
  }

  async #threadOf(on: RawConnection): Promise<Thread> {
    const sql =
      'SELECT CONNECTION_ID() AS id, @@server_id AS number, @@hostname AS host, @@port AS port';
    const [row] = (await this.#query(on, sql)) as Record<string, unknown>[];
    const { id, number, host, port } = row!;
    return {
      id: BigInt(id as number).toString(),
      server: JSON.stringify([String(number), host, String(port)]),
    };
  }
}
