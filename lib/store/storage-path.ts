import { statSync } from 'node:fs';
import { SessionsConfigurationError } from '../common/session-error.js';

/**
 * Matches what starts with a scheme (of two letters or more: one is a Windows drive) or with `//`, or contains `://` or
 * `user:password@`, like a URL with a mistake. The password can contain anything, even a slash or a space.
 */
const LIKE_URL = /^[\s"']*(?:[a-z][a-z\d+.-]+:|\/\/)|:\/\/|:.*@/is;

const WINDOWS_DRIVE = /^[a-z]:(?=\\)/i;

/** Returns whether a string looks like a URL, well-formed or not. */
export function isLikeUrl(text: string): boolean {
  return LIKE_URL.test(text.replace(WINDOWS_DRIVE, ''));
}

/**
 * Throws if the path of a file looks like a URL. The message does not show it: it may hold a password.
 *
 * @param what names the option or argument
 * @throws SessionsConfigurationError
 */
export function requirePath(what: string, path: string): void {
  if (isLikeUrl(path)) {
    throw new SessionsConfigurationError(
      `${what} must be the path of a file, got what looks like a URL (not shown, as it may hold a password). ` +
        'A path must start with ./ or one /, and must not contain :// or a : before an @.',
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
