/** SQLite's primary result codes (https://sqlite.org/rescode.html), by their number. */
const CODES = [
  'OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL',
  'EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING',
]
  .join(' ')
  .split(' ');

/** What an error of `node:sqlite` says. It also comes from another thread, where it was an `Error`. */
export interface SqliteFailure {
  readonly message: string;
  /** SQLite's extended result code; `undefined` if the error is that of Node. */
  readonly errcode?: number | undefined;
}

/** Returns a failure of `node:sqlite` in the form of the package `sqlite3`, which Sequelize and the store know. */
export function toSqliteError({ message, errcode }: SqliteFailure): Error {
  // The last byte of an extended code is the primary code.
  const code = `SQLITE_${CODES[(errcode ?? MISUSE) & 0xff] ?? 'ERROR'}`;
  return Object.assign(new Error(`${code}: ${message}`), { code, errno: errcode ?? MISUSE });
}

/** The code for an error of Node that SQLite does not see, such as a value that can't be bound. */
const MISUSE = CODES.indexOf('MISUSE');
