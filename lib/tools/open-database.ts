import { existsSync } from 'node:fs';
import { Sequelize } from 'sequelize';
import { connectToUrl } from './database-url.js';
import { chooseSqliteDriver } from '../store/drivers/sqlite/choose-sqlite-driver.js';
import { busyTimeout, connectSqlite } from '../store/embedded-sqlite.js';
import { getColumnNames } from '../store/table/prepare-table.js';
import { SequelizeSessionStore } from '../store/sequelize-session-store.js';
import { requireSqliteFile } from './sqlite-file.js';
import { resolveStoreOptions } from '../store/store.options.js';
import { toStoreError } from '../store/execution/store-error.js';

/** Where a database is: the URL on a server, or the path of an SQLite file. */
export type DatabaseAddress = { readonly url: string } | { readonly path: string };

/** Milliseconds that one statement may take: only the person who ran the command waits for it. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** SQLite's flag for a connection that creates no file, and only reads if it may not write. */
const OPEN_READWRITE = 2;

/** A session table in a database that was opened by its address. */
export interface SessionDatabase {
  readonly store: SequelizeSessionStore;
  close(): Promise<void>;
}

/**
 * Opens the session table in a database.
 *
 * @param create whether to create a file or a table that is missing
 * @returns `undefined` if one is missing and is not created
 * @throws SessionsConfigurationError, SessionStoreError
 */
export async function openSessionDatabase(
  address: DatabaseAddress,
  tableName: string,
  create: boolean,
): Promise<SessionDatabase | undefined> {
  const isFile = 'path' in address;
  const isNew = isFile && !existsSync(address.path);
  if (isNew && !create) {
    return undefined;
  }
  const options = {
    ...resolveStoreOptions({
      ...(isFile && { storagePath: address.path }),
      tableName,
      synchronize: create,
      timeout: STATEMENT_TIMEOUT_MS,
    }),
    keepJournalMode: !isNew,
    pageCache: 4_096,
  };
  const sequelize = isFile
    ? isNew
      ? connectSqlite(options)
      : connectFile(address.path)
    : await connectToUrl(address.url);
  try {
    if (!create && !(await hasTable(sequelize, tableName))) {
      await sequelize.close();
      return undefined;
    }
    const store = await SequelizeSessionStore.open(sequelize, options, isFile, () => {});
    return {
      store,
      async close() {
        await store.close();
        await sequelize.close();
      },
    };
  } catch (error) {
    await sequelize.close();
    throw error;
  }
}

/** Returns a connection to an existing SQLite file. */
function connectFile(path: string): Sequelize {
  requireSqliteFile(path);
  const dialectOptions = { mode: OPEN_READWRITE };
  const driver = chooseSqliteDriver(undefined, busyTimeout(STATEMENT_TIMEOUT_MS));
  return new Sequelize({ ...driver, storage: path, dialectOptions, logging: false });
}

async function hasTable(sequelize: Sequelize, tableName: string): Promise<boolean> {
  try {
    return (await getColumnNames(sequelize, tableName)).length > 0;
  } catch (error) {
    throw toStoreError(error, 'read');
  }
}
