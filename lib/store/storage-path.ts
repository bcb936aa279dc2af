import { statSync } from 'node:fs';
import { SessionsConfigurationError } from '../common/session-error.js';

/**
 * Starts with a scheme (of two letters or more: one is a drive of Windows) or with `//`, or has `://` or `user:password@` in
 * it, as a URL with a mistake does. The password can contain anything, a slash or a space too.
 */
const LIKE_URL = /^[\s"']*(?:[a-z][a-z\d+.-]+:|\/\/)|:\/\/|:.*@/is;

const WINDOWS_DRIVE = /^[a-z]:(?=\\)/i;

/** Whether a text is meant as a URL, well-formed or not. */
export function isLikeUrl(text: string): boolean {
  return LIKE_URL.test(text.replace(WINDOWS_DRIVE, ''));
}

/**
 * Refuses a URL in the place of a file's path, without showing it: it may hold a password.
 *
 * @param what names the option or argument
 * @throws SessionsConfigurationError
 */
export function requirePath(what: string, path: string): void {
  if (isLikeUrl(path)) {
    throw new SessionsConfigurationError(
      `${what} must be the path of a file, and looks like a URL, so it is not shown here. ` +
        'If it is a path, begin it with ./ or one /, and have no :// and no : before an @ in it.',
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
