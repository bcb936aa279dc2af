import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { SessionsConfigurationError } from '../common/session-error.js';
import { isSpecialFile } from '../store/storage-path.js';

/** What every SQLite file begins with, but for one in which nothing was written yet. */
const MAGIC = 'SQLite format 3\0';

/**
 * Looks at a file before SQLite does, which would make a missing one, and Sequelize, which leaves every statement after a
 * failed open waiting for good.
 *
 * @throws SessionsConfigurationError where it is missing, can't be read or is another file
 */
export function requireSqliteFile(path: string): void {
  if (!existsSync(path)) {
    throw new SessionsConfigurationError(`There is no file ${path}. Check the path.`);
  }
  if (isSpecialFile(path)) {
    throw new SessionsConfigurationError(`${path} is not a regular file. Check the path.`);
  }
  if (!['', MAGIC].includes(readStart(path))) {
    throw new SessionsConfigurationError(`${path} is not an SQLite database.`);
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
      `${path} can't be read (${code}). Give a file, and run this as a user that may read it.`,
    );
  }
}
