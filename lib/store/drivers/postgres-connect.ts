import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Sequelize } from 'sequelize';

/** Milliseconds for a connect, since the driver waits for good unless it is told otherwise. */
const CONNECT_TIMEOUT = 10_000;

/**
 * Makes connects to PostgreSQL end in time, and none of them end the process.
 *
 * @returns what takes it back, but for later connects where the limit went into the options already
 */
export function guardConnects(sequelize: Sequelize): () => void {
  const hook = `nestjs-server-sessions ${randomUUID()}`;
  sequelize.addHook('beforeConnect', hook, limitConnect);
  const connectionManager = sequelize.connectionManager as unknown as { lib: Driver };
  const { lib } = connectionManager;
  const listening = listeningFromTheStart(lib);
  connectionManager.lib = listening;
  return () => {
    sequelize.removeHook('beforeConnect', hook);
    if (connectionManager.lib === listening) {
      connectionManager.lib = lib;
    }
  };
}

/** What the application has set itself is left as it is. */
function limitConnect(config: { dialectOptions?: object }): void {
  config.dialectOptions = { connectionTimeoutMillis: CONNECT_TIMEOUT, ...config.dialectOptions };
}

/**
 * Sequelize listens to a client only a moment after it is connected. An error that comes before, as from a server that is
 * killed then, is one that nobody listens to, which ends a process; the client's next statement fails by it all the same.
 */
function listeningFromTheStart(lib: Driver): Driver {
  class Client extends lib.Client {
    constructor(...config: never[]) {
      super(...config);
      this.on('error', () => {});
    }
  }
  return Object.create(lib, { Client: { value: Client } }) as Driver;
}

interface Driver {
  readonly Client: new (...config: never[]) => EventEmitter;
}
