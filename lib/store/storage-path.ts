import { statSync } from 'node:fs';
import { hasCredentials } from '../common/credentials.js';
import { SessionsConfigurationError } from '../common/session-error.js';

/**
 * Starts with a scheme (of two letters or more: one is a drive of Windows) or with `//`, or has `://` in it, as a URL with a
 * mistake does.
 */
const LIKE_URL = /^[\s"']*(?:[a-z][a-z\d+.-]+:|\/\/)|:\/\//is;

const WINDOWS_DRIVE = /^[a-z]:(?=\\)/i;

/** Whether a text is meant as the address of a database server, a URL or a connection string, well-formed or not. */
export function isLikeAddress(text: string): boolean {
  const path = text.replace(WINDOWS_DRIVE, '');
  return LIKE_URL.test(path) || hasCredentials(path);
}

/**
 * Refuses the address of a server in the place of a file's path, without showing it: it may hold a password.
 *
 * @param what names the option or argument
 * @throws SessionsConfigurationError
 */
export function requirePath(what: string, path: string): void {
  if (isLikeAddress(path)) {
    throw new SessionsConfigurationError(
      `${what} must be the path of a file, and looks like a URL or a connection string, so it is not shown here. ` +
        'If it is a path, begin it with ./ or one /, and have no ://, no : before an @ and no password= in it.',
    );
  }
}

/** Whether there is something that is neither a file nor a folder, such as a FIFO, whose opening can wait for ever. */
export function isSpecialFile(path: string): boolean {
  try {
    const found = statSync(path);
    return !found.isFile() && !found.isDirectory();
  } catch {
    // Nothing, or nothing that can be looked at: opening it says why.
    return false;
  }
}
