import { ConnectionError } from 'sequelize';
import { SessionError, SessionStoreError } from '../../common/session-error.js';
import { NO_TRANSACTION } from './open-transaction.js';

/**
 * Codes of a database that undid the statement, or its transaction: deadlocks, serialization failures, a lock not obtained.
 * Not SQLITE_BUSY: SQLite has waited for `busy_timeout` by then, and a second wait would exceed the deadline.
 */
const UNDONE = new Set([
  '40P01',
  '40001',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  NO_TRANSACTION,
]);

/** Codes of a database that refuses a row because its key exists. */
const TAKEN = new Set(['23505', 'ER_DUP_ENTRY', 'SQLITE_CONSTRAINT']);

/** Returns whether the database undid the statement that failed with this error, so that it can be sent again. */
export function isUndone(error: unknown): boolean {
  return UNDONE.has(getCode(error) ?? '');
}

/** Returns whether SQLite refused a statement because another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return getCode(error) === 'SQLITE_BUSY';
}

/**
 * Returns whether the error is a response of the database or an error of this library, so that the connection still works.
 * PostgreSQL sends an SQLSTATE, MariaDB and MySQL `ER_…`; their drivers use such names for broken connections too, and
 * call those fatal.
 */
export function isAnswered(error: unknown): boolean {
  const { fatal } = (error ?? {}) as { fatal?: unknown };
  const answered = /^(?:(?=.*\d)[\dA-Z]{5}|ER_\w+|SQLITE_\w+)$/;
  const code = getCode(error) ?? '';
  return (
    error instanceof SessionError || code === TIME_LIMIT || (fatal !== true && answered.test(code))
  );
}

/** Codes by which a server says that it takes no writes. */
const READ_ONLY = new Set([
  '25006',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
]);

/** Returns whether a server refused a write because it takes none, such as a former primary after a failover. */
export function isReadOnly(error: unknown): boolean {
  const code = getCode(error) ?? '';
  return (
    READ_ONLY.has(code) ||
    (code === 'ER_OPTION_PREVENTS_STATEMENT' && /read[-_]only/i.test((error as Error).message))
  );
}

/** Returns whether an INSERT failed because its key exists, which is the only constraint that a session can break. */
export function isDuplicateKey(error: unknown): boolean {
  if (!(error instanceof SessionStoreError)) {
    return false;
  }
  const { code } = (error.cause ?? {}) as { code?: string };
  return TAKEN.has(code ?? '');
}

/** How far a call has got: nothing of it was sent, or only statements that read, or also some that write. */
export type CallStage = 'unsent' | 'read' | 'write';

/** Codes of a server that ends the connection, perhaps between the commit and its response. */
const ENDED = /^(?:08...|57P0.|SQLITE_IOERR)/;

/** Codes of errors that only a change of rights, row security or tables can fix. */
const PERMANENT = new Set([
  '42501',
  '42P01',
  '28000',
  '28P01',
  '3D000',
  'ER_ACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_TABLEACCESS_DENIED_ERROR',
]);

/**
 * Turns a failure of Sequelize, a driver or a database into a `SessionStoreError`. Its cause has only the name and code of
 * the original, since the original holds SQL and parameters.
 */
export function toStoreError(error: unknown, stage: CallStage): SessionError {
  if (error instanceof SessionError) {
    return error;
  }
  const name = error instanceof Error ? error.name : 'Error';
  const code = getCode(error);
  const what = code === undefined ? name : `${name}, ${code}`;
  const cause = Object.assign(new Error(what), { name, ...(code !== undefined && { code }) });
  const isTransient = !PERMANENT.has(code ?? '');
  // Sequelize throws it only for connects.
  if (stage === 'unsent' || error instanceof ConnectionError) {
    return new SessionStoreError(
      `The session database could not be reached (${what}), so nothing was sent.`,
      { cause, reason: 'unsent', isTransient },
    );
  }
  if (isAnswered(error) && !ENDED.test(code ?? '')) {
    return new SessionStoreError(`The session database refused the statement (${what}).`, {
      cause,
      reason: 'rejected',
      isTransient,
    });
  }
  return new SessionStoreError(
    `The connection to the session database broke before the response (${what}).${afterwards(stage)}`,
    { cause },
  );
}

/** Returns the error of a call that has no response after `timeout` milliseconds. */
export function timeoutError(timeout: number, stage: CallStage): SessionStoreError {
  return stage === 'unsent'
    ? new SessionStoreError(
        `Other calls kept the session database busy for ${timeout} ms, so nothing was sent.`,
        { reason: 'unsent' },
      )
    : new SessionStoreError(
        `The session database did not respond within ${timeout} ms.${afterwards(stage)}`,
      );
}

const afterwards = (stage: CallStage): string =>
  stage === 'write' ? ' The write may have been applied.' : '';

/** The code and number of MariaDB's error for a statement that it ended at its time limit. The connection goes on. */
const TIME_LIMIT = 'ER_STATEMENT_TIMEOUT';
const TIME_LIMIT_NUMBER = 1969;

/** Returns the code of a driver's error, wrapped by Sequelize or not. */
export function getCode(error: unknown): string | undefined {
  const { original, code, errno } = (error ?? {}) as {
    original?: { code?: unknown };
    code?: unknown;
    errno?: unknown;
  };
  // The driver of MySQL has no name for it.
  const found = errno === TIME_LIMIT_NUMBER ? TIME_LIMIT : (original?.code ?? code);
  return typeof found === 'string' && /^\w{1,64}$/.test(found) ? found : undefined;
}
