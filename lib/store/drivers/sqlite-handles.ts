import type { Sequelize } from 'sequelize';
import type { RawConnection } from './driver.js';
import { sqliteHandles } from './sequelize-internals.js';

/** Sequelize's name of the SQLite handle that it sends everything to. */
export const DEFAULT_HANDLE = 'default';

/** Names of handles that Sequelize opens to an SQLite file; on other databases connections come from the pool. */
export interface SqliteHandles {
  /** For reads alone, so that no write's wait for a lock holds them up; `undefined` for the default handle. */
  readonly reads: string | undefined;
  /** For transactions. */
  readonly exclusive: string;
}

/** A handle of this name, opened where it is not open. */
export async function openHandle(
  sequelize: Sequelize,
  name: string = DEFAULT_HANDLE,
): Promise<RawConnection> {
  const wanted = { type: 'write', useMaster: true, uuid: name } as const;
  try {
    return await sequelize.connectionManager.getConnection(wanted);
  } catch (error) {
    // Sequelize keeps one that could not be opened, and would wait for it for good: to use it, and to close it.
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
 * Closes a database handle by handle, the main one last: only where the last one closes alone does SQLite take its WAL file
 * away. A handle that is closed already is passed over.
 */
export async function closeSqlite(sequelize: Sequelize): Promise<void> {
  const others = Object.keys(sqliteHandles(sequelize)).filter((name) => name !== DEFAULT_HANDLE);
  for (const name of [...others, DEFAULT_HANDLE]) {
    await closeHandle(sequelize, name);
  }
  await sequelize.close();
}
