import type { EventEmitter } from 'node:events';
import type { Sequelize } from 'sequelize';
import type { RawConnection } from './driver.js';

// Everything that the store uses of Sequelize 6 although its types do not show it. test/contract/sequelize-internals.spec.ts
// tries each function on the version that is installed.

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
  readonly config: { readonly pool: { readonly max: number } };
  readonly pool: Pool & { readonly write?: Pool };
  readonly connections: Record<string, SqliteHandle>;
  lib: PgModule;
}

/** Returns how many connections the pool can hold. */
export function maxPoolSize(sequelize: Sequelize): number {
  return connectionManager(sequelize).config.pool.max;
}

/** Takes a borrowed connection out of its pool and ends it. */
export function destroyPooled(sequelize: Sequelize, connection: RawConnection): Promise<void> {
  const { pool } = connectionManager(sequelize);
  // The inner pool: that around those of a primary and its replicas leaves a rejection to nobody.
  return (pool.write ?? pool).destroy(connection);
}

/** Returns the open handles to an SQLite database by their names; one that is deleted here is opened again. */
export function sqliteHandles(sequelize: Sequelize): Record<string, SqliteHandle> {
  return connectionManager(sequelize).connections;
}

/** Whether this is an SQLite database in memory: it has one connection for everything, and no other process. */
export function isInMemory(sequelize: Sequelize): boolean {
  const { storage } = (sequelize as unknown as { options: { storage?: string } }).options;
  return storage === undefined || storage === ':memory:';
}

/**
 * Replaces the package `pg` that Sequelize makes connections with.
 *
 * @returns a function that puts it back, if nobody else has reparsed it since
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
