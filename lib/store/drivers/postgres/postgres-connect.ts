import { randomUUID } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { replacePg, type PgModule } from '../sequelize-internals.js';

/** Milliseconds that connecting may take. Without a limit, the driver waits forever. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Limits the time of connecting to PostgreSQL, and keeps a failed connect from ending the process. See
 * docs/adr/0014-connections-are-borrowed-and-dropped.md.
 *
 * @returns a function that undoes this, except for a limit that is in the connection's options already
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

/** Sets the limit unless the application has set one. */
function limitConnect(config: { dialectOptions?: object }): void {
  config.dialectOptions = { connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...config.dialectOptions };
}

/**
 * Returns `pg` with a client that listens to errors from the start. Sequelize listens only a moment after the client is
 * connected. An error before that, such as from a server that is killed then, would end the process. With this client, only
 * the next statement fails.
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
