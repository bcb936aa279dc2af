import type { EventEmitter } from 'node:events';
import type { Sequelize } from 'sequelize';
import type { RawConnection } from './driver.js';

// Everything in Sequelize 6 that the store uses although its types do not declare it.
// test/contract/sequelize-internals.spec.ts checks each function with the installed version.

/** An open SQLite database. */
interface SqliteHandle {
  close(callback: (error: unknown) => void): void;
}

/** What Sequelize uses of the package `pg`. */
export interface PgModule {
  readonly Client: new (...config: never[]) => EventEmitter;
}

interface Pool {
  destroy(connection: RawConnection): Promise<void>;
}

interface ConnectionManager {
  readonly config: {
    readonly pool: { readonly max: number };
    readonly replication?: { readonly write: object } | false;
  };
  readonly pool: Pool & { readonly write?: Pool };
  readonly connections: Record<string, SqliteHandle>;
  lib: PgModule;
  _connect(config: object): Promise<RawConnection>;
  _disconnect(connection: RawConnection): Promise<void>;
}

/** Returns how many connections the pool can hold. */
export function maxPoolSize(sequelize: Sequelize): number {
  return connectionManager(sequelize).config.pool.max;
}

/** Takes a borrowed connection out of its pool and ends it. */
export function destroyPooled(sequelize: Sequelize, connection: RawConnection): Promise<void> {
  const { pool } = connectionManager(sequelize);
  // The inner pool: the outer one, around a primary and its replicas, leaves a rejection unhandled.
  return (pool.write ?? pool).destroy(connection);
}

/** Opens a connection that is not in the pool. With `replication`, it goes to the primary. */
export function connectOutsidePool(sequelize: Sequelize): Promise<RawConnection> {
  const manager = connectionManager(sequelize);
  const { config } = manager;
  return manager._connect(config.replication ? config.replication.write : config);
}

/** Closes a connection that is not in the pool. */
export function disconnectOutsidePool(
  sequelize: Sequelize,
  connection: RawConnection,
): Promise<void> {
  return connectionManager(sequelize)._disconnect(connection);
}

/** Returns the open handles to an SQLite database by name. Sequelize opens a handle again if it is deleted here. */
export function sqliteHandles(sequelize: Sequelize): Record<string, SqliteHandle> {
  return connectionManager(sequelize).connections;
}

/** Returns whether an SQLite database is in memory: then it has only one connection, in this process. */
export function isInMemory(sequelize: Sequelize): boolean {
  const storage = storageOf(sequelize);
  return storage === undefined || storage === ':memory:';
}

/** Returns the path of an SQLite database, or `:memory:`. */
export function storageOf(sequelize: Sequelize): string | undefined {
  return (sequelize as unknown as { options: { storage?: string } }).options.storage;
}

/**
 * Replaces the package `pg` with which Sequelize connects.
 *
 * @returns a function that restores it, if nobody else has replaced it since
 */
export function replacePg(sequelize: Sequelize, replace: (pg: PgModule) => PgModule): () => void {
  const manager = connectionManager(sequelize);
  const original = manager.lib;
  const replacement = replace(original);
  manager.lib = replacement;
  return () => {
    if (manager.lib === replacement) {
      manager.lib = original;
    }
  };
}

function connectionManager(sequelize: Sequelize): ConnectionManager {
  return sequelize.connectionManager as unknown as ConnectionManager;
}
