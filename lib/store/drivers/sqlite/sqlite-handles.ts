import type { Sequelize } from 'sequelize';
import type { RawConnection } from '../driver.js';
import { sqliteHandles } from '../sequelize-internals.js';

/** Sequelize's name for the SQLite handle that it uses by default. */
export const DEFAULT_HANDLE = 'default';

/** Names of handles that Sequelize opens to an SQLite file; on other databases connections come from the pool. */
export interface SqliteHandles {
  /** For reads only, so that they never queue behind a write that waits for a lock; `undefined` for the default handle. */
  readonly reads: string | undefined;
  /** For lookups by id, which are most of the reads; `undefined` for the default handle. */
  readonly lookups: string | undefined;
  /** For transactions. */
  readonly exclusive: string;
}

/** Returns the handle of this name, and opens it if needed. */
export async function openHandle(
  sequelize: Sequelize,
  name: string = DEFAULT_HANDLE,
): Promise<RawConnection> {
  const wanted = { type: 'write', useMaster: true, uuid: name } as const;
  try {
    return await sequelize.connectionManager.getConnection(wanted);
  } catch (error) {
    // Sequelize keeps a handle that could not be opened, and would wait for it forever, to use it and to close it.
    delete sqliteHandles(sequelize)[name];
    throw error;
  }
}

/** Closes one handle, if it was ever opened. */
export async function closeHandle(sequelize: Sequelize, name: string): Promise<void> {
  const handles = sqliteHandles(sequelize);
  const handle = handles[name];
  delete handles[name];
  await new Promise((closed) => (handle ? handle.close(closed) : closed(undefined)));
}

/**
 * Closes all handles of a database, one after the other. The default handle is closed last. SQLite removes its WAL file
 * only if no other handle closes at the same time. A handle that is closed already is skipped.
 */
export async function closeSqlite(sequelize: Sequelize): Promise<void> {
  const others = Object.keys(sqliteHandles(sequelize)).filter((name) => name !== DEFAULT_HANDLE);
  for (const name of [...others, DEFAULT_HANDLE]) {
    await closeHandle(sequelize, name);
  }
  await sequelize.close();
}
