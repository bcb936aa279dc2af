import { Sequelize, type Options } from 'sequelize';
import { SessionsConfigurationError } from '../../../common/session-error.js';
import { errorText } from '../../../common/error-text.js';
import type { StoreOptions } from '../../store.options.js';
import { createNodeSqlite, NodeSqliteModule } from '../node-sqlite/dialect-module.js';
import { NODE_SQLITE_VERSIONS } from '../node-sqlite/node-sqlite.js';

/**
 * Returns the options with which Sequelize opens an SQLite database. Without a name, the package `sqlite3` has priority if
 * it is installed: the application may open the same file with it, and two copies of SQLite in one process do not see
 * each other's locks.
 *
 * @param busyTimeout milliseconds to wait for the lock of another process
 * @throws SessionsConfigurationError if the driver can't be loaded
 */
export function chooseSqliteDriver(
  name: StoreOptions['sqliteDriver'],
  busyTimeout: number,
): Options {
  const node = name === 'sqlite3' ? undefined : createNodeSqlite(busyTimeout);
  if (name === 'node' && !node) {
    throw new SessionsConfigurationError(
      `sqliteDriver is 'node', which needs Node ${NODE_SQLITE_VERSIONS}, and this is Node ${process.versions.node}. ` +
        "Upgrade Node, or install the package sqlite3 and set sqliteDriver: 'sqlite3'.",
    );
  }
  const problem = name === 'node' ? undefined : problemOfSqlite3();
  if (problem !== undefined && !node) {
    throw new SessionsConfigurationError(
      `The embedded SQLite database needs the package sqlite3, or Node ${NODE_SQLITE_VERSIONS}. This is Node ` +
        `${process.versions.node}, and sqlite3 can't be loaded (${problem}). Run ` +
        '"npm pkg set allowScripts.sqlite3=true --json" and "npm install sqlite3", or upgrade Node.',
    );
  }
  return name === 'node' || problem !== undefined
    ? { dialect: 'sqlite', dialectModule: node! }
    : { dialect: 'sqlite' };
}

/** Returns what runs SQLite, for a message. */
export function shownSqliteDriver(dialectModule: object | undefined): string {
  return dialectModule instanceof NodeSqliteModule ? 'node:sqlite' : 'the package sqlite3';
}

/** Returns why Sequelize can't load the package `sqlite3`, or `undefined` if it can. */
function problemOfSqlite3(): string | undefined {
  try {
    // It loads the package, and opens no database.
    void new Sequelize({ dialect: 'sqlite', logging: false });
    return undefined;
  } catch (error) {
    return errorText(error);
  }
}
