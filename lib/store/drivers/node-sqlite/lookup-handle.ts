import { setImmediate } from 'node:timers/promises';
import { isBusy } from '../../execution/store-error.js';
import { retry } from '../../execution/retry.js';
import { toStatementValues } from './bound-values.js';
import type { DatabaseSync, StatementSync } from './node-sqlite.js';
import { toSqliteError, type SqliteFailure } from './sqlite-error.js';
import type { DoneCallback, RowsCallback } from './writer-handle.js';

/**
 * A handle for lookups by id, which take microseconds: it reads on the thread of the event loop, so no lookup waits for
 * another thread. It never waits for a lock, but tries again later.
 */
export class LookupHandle {
  readonly #database: DatabaseSync;
  readonly #busyTimeout: number;
  readonly #prepared = new Map<string, StatementSync>();
  /** Resolves in the next turn of the event loop; `undefined` if nothing was read in this one. */
  #nextTurn: Promise<void> | undefined;

  /** @param busyTimeout milliseconds in which a read that meets a lock is tried again */
  constructor(database: DatabaseSync, busyTimeout: number) {
    this.#database = database;
    this.#busyTimeout = busyTimeout;
  }

  all(sql: string, values: unknown, done: RowsCallback): void {
    const end = performance.now() + this.#busyTimeout;
    retry(
      () => this.#read(sql, values),
      (error) => isBusy(error) && performance.now() < end,
    ).then(
      (rows) => done(null, rows),
      (error: Error) => done(error),
    );
  }

  close(done: DoneCallback): void {
    this.#prepared.clear();
    this.#database.close();
    done(null);
  }

  /** Reads at most once in a turn of the event loop: otherwise a chain of calls would block its timers. */
  async #read(sql: string, values: unknown): Promise<Record<string, unknown>[]> {
    while (this.#nextTurn) {
      await this.#nextTurn;
    }
    this.#nextTurn = setImmediate().then(() => {
      this.#nextTurn = undefined;
    });
    try {
      return this.#statement(sql).all(...toStatementValues(values));
    } catch (error) {
      throw toSqliteError(error as SqliteFailure);
    }
  }

  #statement(sql: string): StatementSync {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
