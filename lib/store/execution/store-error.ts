import { SessionError, SessionStoreError } from '../../common/session-error.js';

/**
 * Codes by which a database says that it undid the statement: deadlocks, serialization failures, a lock not obtained. Not
 * SQLITE_BUSY, since SQLite has waited for `busy_timeout` then, and a second wait would outlast the deadline.
 */
const UNDONE = new Set(['40P01', '40001', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT']);

/** Codes by which a database says that the key of a row is taken. */
const TAKEN = new Set(['23505', 'ER_DUP_ENTRY', 'SQLITE_CONSTRAINT']);

/** Whether the database undid the statement that failed with this error, so that it can be sent again. */
export function isUndone(error: unknown): boolean {
  return UNDONE.has(getCode(error) ?? '');
}

/** Whether SQLite refused a statement since another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return getCode(error) === 'SQLITE_BUSY';
}

/**
 * Whether the database itself answered with this error, or it is one of ours, so that the connection is as it was: SQLSTATE
 * by PostgreSQL, `ER_…` by MariaDB and MySQL, whose drivers use such names for broken connections too, and call them fatal.
 */
export function isAnswered(error: unknown): boolean {
  const { fatal } = (error ?? {}) as { fatal?: unknown };
  const answered = /^(?:(?=.*\d)[\dA-Z]{5}|ER_\w+|SQLITE_\w+)$/;
  return error instanceof SessionError || (fatal !== true && answered.test(getCode(error) ?? ''));
}

/** Whether an INSERT failed because its key is taken, which is the one constraint that a row of ours can break. */
export function isDuplicateKey(error: unknown): boolean {
  if (!(error instanceof SessionStoreError)) {
    return false;
  }
  const { code } = (error.cause ?? {}) as { code?: string };
  return TAKEN.has(code ?? '');
}

/**
 * What callers get for a failure of Sequelize, a driver or a database: `SessionStoreError`, whose cause has the name and
 * code of the original and nothing else, since the original carries SQL and parameters.
 */
export function toStoreError(error: unknown): SessionError {
  if (error instanceof SessionError) {
    return error;
  }
  const name = error instanceof Error ? error.name : 'Error';
  const code = getCode(error);
  const reason = code === undefined ? name : `${name}, ${code}`;
  const cause = Object.assign(new Error(reason), { name, ...(code !== undefined && { code }) });
  return new SessionStoreError(
    `The session database could not be reached or refused the statement (${reason}). A write may have been applied.`,
    { cause },
  );
}

/** The code of a driver's error, wrapped by Sequelize or not. */
export function getCode(error: unknown): string | undefined {
  const { original, code } = (error ?? {}) as { original?: { code?: unknown }; code?: unknown };
  const found = original?.code ?? code;
  return typeof found === 'string' && /^\w{1,64}$/.test(found) ? found : undefined;
}
