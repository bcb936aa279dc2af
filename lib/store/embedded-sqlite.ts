import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { QueryTypes, Sequelize, type Options } from 'sequelize';
import { SessionsConfigurationError } from '../common/session-error.js';
import { retry } from './execution/retry.js';
import { DEFAULT_HANDLE, openHandle, type SqliteHandles } from './drivers/sqlite/sqlite-handles.js';
import { chooseSqliteDriver, shownSqliteDriver } from './drivers/sqlite/choose-sqlite-driver.js';
import { nodeSqliteOf } from './drivers/node-sqlite/dialect-module.js';
import type { WriterHandle } from './drivers/node-sqlite/writer-handle.js';
import { isInMemory, sqliteHandles } from './drivers/sequelize-internals.js';
import { STATEMENT_OPTIONS } from './drivers/query-options.js';
import { isSpecialFile } from './storage-path.js';
import { requireOneSqlite } from './checks/one-sqlite.js';
import { getCode, isBusy, toStoreError } from './execution/store-error.js';
import type { ResolvedStoreOptions } from './store.options.js';

/**
 * Returns the Sequelize options of the embedded database. Makes sure first that its file can be written: after a failed
 * open, every later statement of Sequelize would wait forever.
 *
 * @throws SessionsConfigurationError if the file can't be written
 */
export function embeddedSqlite({
  storagePath,
  timeout,
  sqliteDriver,
}: ResolvedStoreOptions): Options {
  const driver = chooseSqliteDriver(sqliteDriver, busyTimeout(timeout));
  if (storagePath !== ':memory:') {
    makeWritable(storagePath);
    requireOneSqlite(storagePath, shownSqliteDriver(driver.dialectModule));
  }
  return { ...driver, storage: storagePath, logging: false };
}

/** Returns a new connection to the embedded database. */
export function connectSqlite(options: ResolvedStoreOptions): Sequelize {
  return new Sequelize(embeddedSqlite(options));
}

const READS = 'nestjs-server-sessions:reads';

const HANDLES: SqliteHandles = {
  reads: READS,
  lookups: READS,
  exclusive: 'nestjs-server-sessions:exclusive',
};

/** The handle of `node:sqlite` that reads on the thread of the event loop. */
const LOOKUPS = 'nestjs-server-sessions:lookups';

/**
 * Opens and sets up the handles to the embedded database. A database in memory has only one, under any name.
 *
 * @throws SessionsConfigurationError if the file is not a database
 */
export async function configureSqlite(
  sequelize: Sequelize,
  {
    storagePath,
    timeout,
    durability,
    keepJournalMode = false,
    pageCache = 32_768,
  }: ResolvedStoreOptions,
): Promise<SqliteHandles> {
  const journal = [
    'journal_mode = WAL',
    `synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`,
    // SQLite's default, 2 MiB, holds only some 4,000 sessions.
    `cache_size = -${pageCache}`,
  ];
  // First, so that switching to WAL also waits for other processes.
  const pragmas = [`busy_timeout = ${busyTimeout(timeout)}`, ...(keepJournalMode ? [] : journal)];
  const end = performance.now() + timeout;
  // If two connections switch a new file to WAL, SQLite refuses one at once, since they would wait for each other.
  const isEarly = (error: unknown) => isBusy(error) && performance.now() < end;
  const node = isInMemory(sequelize) ? undefined : nodeSqliteOf(sequelize);
  try {
    if (node) {
      await shareConnection(sequelize);
    }
    for (const uuid of [DEFAULT_HANDLE, HANDLES.reads, HANDLES.exclusive]) {
      await openHandle(sequelize, uuid);
      for (const pragma of pragmas) {
        const options = { ...STATEMENT_OPTIONS, uuid, type: QueryTypes.RAW };
        await retry(() => sequelize.query(`PRAGMA ${pragma}`, options), isEarly);
      }
    }
    if (!node) {
      return HANDLES;
    }
    sqliteHandles(sequelize)[LOOKUPS] = node.openForLookups(storagePath, pageCache);
    return { ...HANDLES, lookups: LOOKUPS };
  } catch (error) {
    const reason = getCode(error) ?? 'an unknown error';
    throw new SessionsConfigurationError(
      `storagePath "${storagePath}" can't be used as an SQLite database (${reason}). Check that it is an SQLite file on a ` +
        'local disk, and that no other process keeps it locked, or choose another path.',
      { cause: toStoreError(error, 'read') },
    );
  }
}

/** Lets the handles of the store share one thread, whose statements then never wait for each other's locks. */
async function shareConnection(sequelize: Sequelize): Promise<void> {
  const first = (await openHandle(sequelize)) as WriterHandle;
  for (const name of [READS, HANDLES.exclusive]) {
    sqliteHandles(sequelize)[name] = first.sibling();
  }
}

/** Returns how long to wait for the lock of another process: less than `timeout`, so that the error names the lock. */
export function busyTimeout(timeout: number): number {
  return Math.floor(timeout * 0.75);
}

function makeWritable(path: string): void {
  if (isSpecialFile(path)) {
    throw unwritable(path, 'it is not a regular file');
  }
  try {
    makeFolder(dirname(path));
    closeSync(openSync(path, 'a+', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw unwritable(path, String(code));
  }
}

function unwritable(path: string, reason: string): SessionsConfigurationError {
  return new SessionsConfigurationError(
    `storagePath "${path}" can't be written (${reason}). Choose a file in a folder that this process may write to.`,
  );
}

/** Creates folders one by one: with `recursive`, Node tries forever in a folder that takes no new ones, such as /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) {
    return;
  }
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
}
