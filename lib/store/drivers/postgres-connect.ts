import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { replacePg, type PgModule } from './sequelize-internals.js';

/** Milliseconds for a connect, since the driver waits for good unless it is told otherwise. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Makes connects to PostgreSQL end in time, and none of them end the process. See
 * docs/adr/0014-connections-are-borrowed-and-dropped.md.
 *
 * @returns what takes it back, but for later connects where the limit went into the options already
 */
export function guardConnects(sequelize: Sequelize): () => void {
  const hook = `nestjs-server-sessions ${randomUUID()}`;
  sequelize.addHook('beforeConnect', hook, limitConnect);
  const restore = replacePg(sequelize, listeningFromTheStart);
  return () => {
    sequelize.removeHook('beforeConnect', hook);
    restore();
  };
}

/** What the application has set itself is left as it is. */
function limitConnect(config: { dialectOptions?: object }): void {
  config.dialectOptions = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...config.dialectOptions };
}

/**
 * Sequelize listens to a client only a moment after it is connected. An error that comes before, as from a server that is
 * killed then, is one that nobody listens to, which ends a process; the client's next statement fails by it all the same.
 */
function listeningFromTheStart(pg: PgModule): PgModule {
  class Client extends pg.Client {
    constructor(...config: never[]) {
      super(...config);
      this.on('error', () => {});
    }
  }
  return Object.create(pg, { Client: { value: Client } }) as PgModule;
}
