import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { SessionsConfigurationError } from '../common/session-error.js';
import { isSpecialFile } from '../store/storage-path.js';

/** The first bytes of every SQLite file, except one that is still empty. */
const MAGIC = 'SQLite format 3\0';

/**
 * Checks a file before it is opened: SQLite would create a missing one, and after a failed open, every later statement of
 * Sequelize would wait forever.
 *
 * @throws SessionsConfigurationError if it is missing, can't be read or is another file
 */
export function requireSqliteFile(path: string): void {
  if (!existsSync(path)) {
    throw new SessionsConfigurationError(`There is no file ${path}. Check the path.`);
  }
  if (isSpecialFile(path)) {
    throw new SessionsConfigurationError(`${path} is not a regular file. Check the path.`);
  }
  if (!['', MAGIC].includes(readStart(path))) {
    throw new SessionsConfigurationError(`${path} is not an SQLite database. Check the path.`);
  }
}

function readStart(path: string): string {
  const start = Buffer.alloc(MAGIC.length);
  try {
    const file = openSync(path, 'r');
    const length = readSync(file, start);
    closeSync(file);
    return start.toString('latin1', 0, length);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SessionsConfigurationError(
      `${path} can't be read (${code}). Give the path of a file, and run this as a user that can read it.`,
    );
  }
}
