import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { QueryTypes, Sequelize, type Options } from 'sequelize';
import { SessionsConfigurationError } from '../common/session-error.js';
import { STATEMENT_OPTIONS } from './statements.js';
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

/** Sets up the one connection that Sequelize keeps to the embedded database. */
export async function configureSqlite(
  sequelize: Sequelize,
  { storagePath, timeout, durability }: ResolvedStoreOptions,
): Promise<void> {
  const pragmas = [
    // First of all, so that switching to WAL waits for other processes too; less than `timeout`, to fail within it.
    `busy_timeout = ${Math.floor(timeout * 0.75)}`,
    'journal_mode = WAL',
    `synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`,
  ];
  try {
    for (const pragma of pragmas) {
      await sequelize.query(`PRAGMA ${pragma}`, { ...STATEMENT_OPTIONS, type: QueryTypes.RAW });
    }
  } catch {
    throw new SessionsConfigurationError(
      `storagePath "${storagePath}" can't be used as an SQLite database. ` +
        'Check that it is an SQLite file, on a disk of this machine, or choose another path.',
    );
  }
}

function makeWritable(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a+', 0o600));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SessionsConfigurationError(
      `storagePath "${path}" can't be written (${code}). Choose a file in a folder that this process may write to.`,
    );
  }
}
