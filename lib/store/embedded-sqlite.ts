import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { QueryTypes, Sequelize, type Options } from 'sequelize';
import { SessionsConfigurationError } from '../common/session-error.js';
import { retry } from './execution/retry.js';
import { DEFAULT_HANDLE, openHandle, type SqliteHandles } from './drivers/sqlite-handles.js';
import { STATEMENT_OPTIONS } from './drivers/query-options.js';
import { isSpecialFile } from './storage-path.js';
import { isBusy, toStoreError } from './execution/store-error.js';
import type { ResolvedStoreOptions } from './store.options.js';

/**
 * Sequelize options of the embedded database, its file made sure of first: after a failed open, Sequelize would leave
 * every later statement waiting for good.
 *
 * @throws SessionsConfigurationError where the file can't be written.
 */
export function embeddedSqlite({ storagePath }: ResolvedStoreOptions): Options {
  if (storagePath !== ':memory:') {
    makeWritable(storagePath);
  }
  return { dialect: 'sqlite', storage: storagePath, logging: false };
}

/** A connection of its own to the embedded database. */
export function connectSqlite(options: ResolvedStoreOptions): Sequelize {
  return new Sequelize(embeddedSqlite(options));
}

const HANDLES: SqliteHandles = {
  reads: 'nestjs-server-sessions:reads',
  exclusive: 'nestjs-server-sessions:exclusive',
};

/**
 * Opens and sets up the handles to the embedded database. A database in memory has one alone, whatever it is asked for.
 *
 * @throws SessionsConfigurationError where the file is no database
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
    // The 2 MiB that SQLite takes by itself are some 4,000 sessions.
    `cache_size = -${pageCache}`,
  ];
  // First of all, so that switching to WAL waits for other processes too.
  const pragmas = [`busy_timeout = ${busyTimeout(timeout)}`, ...(keepJournalMode ? [] : journal)];
  const end = performance.now() + timeout;
  // Of two connections that both switch a new file to WAL, SQLite refuses one without a wait, which would be for each other.
  const isEarly = (error: unknown) => isBusy(error) && performance.now() < end;
  try {
    for (const uuid of [DEFAULT_HANDLE, HANDLES.reads, HANDLES.exclusive]) {
      await openHandle(sequelize, uuid);
      for (const pragma of pragmas) {
        const options = { ...STATEMENT_OPTIONS, uuid, type: QueryTypes.RAW };
        await retry(() => sequelize.query(`PRAGMA ${pragma}`, options), isEarly);
      }
    }
    return HANDLES;
  } catch (error) {
    throw new SessionsConfigurationError(
      `storagePath "${storagePath}" can't be used as an SQLite database. ` +
        'Check that it is an SQLite file, on a disk of this machine, or choose another path.',
      { cause: toStoreError(error) },
    );
  }
}

/** How long SQLite waits for the lock of another process: less than `timeout`, so that a write that met it alone hears of it. */
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

/** One by one, since `recursive` makes Node try for ever where a folder that exists takes none in, as /proc. */
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
