import { fstatSync, readdirSync, readFileSync, statSync, type BigIntStats } from 'node:fs';
import { SessionsConfigurationError } from '../../common/session-error.js';

/** A database file that stores of this process have open. */
interface OpenFile {
  readonly driver: string;
  stores: number;
}

/** By device and inode. */
const openFiles = new Map<string, OpenFile>();

/**
 * Checks, before a file is opened, that no other copy of SQLite has it open in this process. Two copies in one process do
 * not see each other's locks, so one can overwrite an acknowledged write of the other. The files of this library are known
 * everywhere; those that the application opens, only on Linux, and only if it opens them first.
 *
 * @throws SessionsConfigurationError
 */
export function requireOneSqlite(path: string, driver: string): void {
  const file = statSync(path, { bigint: true });
  const known = openFiles.get(keyOf(file));
  const isForeign = driver === 'node:sqlite' && !known && isOpenInAddon(file);
  if (isForeign || (known && known.driver !== driver)) {
    throw new SessionsConfigurationError(
      `${path} is already open in this process by ${known?.driver ?? 'another copy of SQLite'}, and ${driver} would open ` +
        "it too. Two copies of SQLite in one process do not see each other's locks, so writes can be lost. Use one of " +
        'them for the file (option sqliteDriver), or keep sessions in a separate file (option storagePath).',
    );
  }
}

/** Notes that a store has a file open. Returns a function that undoes this. */
export function noteOpenFile(path: string, driver: string): () => void {
  const key = keyOf(statSync(path, { bigint: true }));
  const file = openFiles.get(key) ?? { driver, stores: 0 };
  file.stores++;
  openFiles.set(key, file);
  return () => {
    file.stores--;
    if (file.stores === 0) {
      openFiles.delete(key);
    }
  };
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Returns whether this process has the file open, and a native addon with SQLite loaded; `false` except on Linux. */
function isOpenInAddon(file: BigIntStats): boolean {
  try {
    const hasAddon = /\/[^/\n]*sqlite[^/\n]*\.node$/m.test(readFileSync('/proc/self/maps', 'utf8'));
    return hasAddon && readdirSync('/proc/self/fd').some((fd) => isSameFile(Number(fd), file));
  } catch {
    return false;
  }
}

function isSameFile(fd: number, file: BigIntStats): boolean {
  try {
    return keyOf(fstatSync(fd, { bigint: true })) === keyOf(file);
  } catch {
    // It was closed meanwhile.
    return false;
  }
}
