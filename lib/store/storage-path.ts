import { statSync } from 'node:fs';
import { hasCredentials } from '../common/credentials.js';
import { SessionsConfigurationError } from '../common/session-error.js';

/**
 * Matches what starts with a scheme (of two letters or more: one is a Windows drive) or with `//`, or contains `://`, like
 * a URL with a mistake.
 */
const LIKE_URL = /^[\s"']*(?:[a-z][a-z\d+.-]+:|\/\/)|:\/\//is;

const WINDOWS_DRIVE = /^[a-z]:(?=\\)/i;

/** Returns whether a string looks like the address of a database server: a URL or a connection string, well-formed or not. */
export function isLikeAddress(text: string): boolean {
  const path = text.replace(WINDOWS_DRIVE, '');
  return LIKE_URL.test(path) || hasCredentials(path);
}

/**
 * Throws if the path of a file looks like the address of a server. The message does not show it: it may hold a password.
 *
 * @param what names the option or argument
 * @throws SessionsConfigurationError
 */
export function requirePath(what: string, path: string): void {
  if (isLikeAddress(path)) {
    throw new SessionsConfigurationError(
      `${what} must be the path of a file, got what looks like a URL or a connection string (not shown, as it may hold a ` +
        'password). If it is a path, begin it with ./ or one /, and leave out ://, a : before an @, and password=.',
    );
  }
}

/** Returns whether a path is neither a file nor a folder, such as a FIFO, which can block forever when opened. */
export function isSpecialFile(path: string): boolean {
  try {
    const found = statSync(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    // It is missing or can't be read; opening it says why.
    return false;
  }
}
