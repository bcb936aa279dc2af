import { errorText } from '../common/error-text.js';
import { SessionStoreError } from '../common/session-error.js';
import { isLikeAddress } from '../store/storage-path.js';
import { URL_EXAMPLE } from '../tools/database-url.js';

/** What to do about an error of a database, by the code or name of its cause. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(ECONNREFUSED|SequelizeConnectionRefusedError)$/,
    'No server responds at this address. Check the host and port in the URL, and that the server runs.',
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN|SequelizeHostNotFoundError)$/,
    'There is no host with this name. Check the URL.',
  ],
  [
    /^(28P01|28000|ER_ACCESS_DENIED_ERROR|SequelizeAccessDeniedError)$/,
    'The server refuses this user or password. Check the URL; characters such as @ / : # % in them must be percent-encoded.',
  ],
  [
    /^(3D000|ER_BAD_DB_ERROR)$/,
    'The server has no database of this name. Check the URL, or create the database.',
  ],
  [
    /^(42501|ER_TABLEACCESS_DENIED_ERROR|ER_DBACCESS_DENIED_ERROR)$/,
    'The user of the URL lacks the rights for this. Use a user that can read and change the table and, for an import, create ' +
      'tables.',
  ],
  [
    /^SQLITE_(BUSY|LOCKED)$/,
    'Another process kept the file locked for too long. Try again when it is idle.',
  ],
  [/^SQLITE_READONLY/, 'The file is read-only here. Run this as a user that can write to it.'],
  [
    /^(SQLITE_FULL|53100|ER_RECORD_FILE_FULL)$/,
    'The disk of the database is full. Free some space on it.',
  ],
];

/** Returns the text of an error for the user. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) {
    return `error: ${errorText(error)}`;
  }
  return `error: ${(error instanceof SessionStoreError && getAdvice(error)) || error.message}`;
}

/** Returns a URL without user and password, also if it is malformed. */
export function withoutCredentials(url: string): string {
  return withoutAfterColon(url, /:\/*/);
}

/** Returns a message without anything that may be the user and password of a URL, except in the example of one. */
export function withoutUrlCredentials(message: string): string {
  return message.replaceAll(/\S+/g, (word) =>
    word.replace(/,$/, '') === URL_EXAMPLE ? word : withoutAfterColon(word, /:(?!\\)\/*/),
  );
}

/** Cuts out what is between the first such colon and the last `@`. The time it takes grows with the length alone. */
function withoutAfterColon(text: string, colon: RegExp): string {
  const end = text.lastIndexOf('@');
  const start = colon.exec(text);
  if (!start || start.index > end) {
    return text;
  }
  return text.slice(0, start.index + start[0].length) + text.slice(end + 1);
}

/** What Commander writes before an argument that it quotes. The argument ends with the last quote. */
const QUOTED = /^(error: (?:unknown (?:command|option)|option '[^']*' argument) )'(.*)'/s;

/** Returns an error of wrong usage without an argument that looks like an address, and without an unknown option's value. */
export function withoutQuotedAddress(message: string): string {
  return message
    .replace(/^(error: unknown option '[^=]*)=.*'/s, "$1'")
    .replace(QUOTED, (text, before: string, argument: string) =>
      isLikeAddress(argument.replace(/^-+/, '')) ? `${before}'…'` : text,
    );
}

function getAdvice({ cause }: SessionStoreError): string | undefined {
  const { name = '', code = '' } = (cause ?? {}) as { name?: string; code?: string };
  const advice = ADVICE.find(([pattern]) => pattern.test(code) || pattern.test(name))?.[1];
  return advice && `${advice} (${code || name})`;
}
