import { setImmediate } from 'node:timers';
import { timeoutError } from '../execution/deadline.js';
import { findSessionsSql, type FindSessionsSql } from './find-sessions.sql.js';
import type { SessionRow } from '../../manager/session-row.js';
import type { SessionTable } from '../execution/session-table.js';

/** Most lookups in one SELECT. */
const MAX_BATCH_SIZE = 64;

/** Milliseconds after which a SELECT that is not back no longer holds up the next, as one on a dead connection would. */
const STALE_AFTER_MS = 50;

/** Most SELECTs under way at once. */
const MAX_IN_FLIGHT = 4;

interface Lookup {
  readonly id: string;
  readonly deadline: NodeJS.Timeout;
  readonly resolve: (row: SessionRow | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads sessions by id: all lookups that wait go out as one SELECT, and the next leaves as soon as one is back. So a batch
 * is as large as the load makes it, and an idle server waits for nothing. A lookup never joins a SELECT that has left, so
 * it sees every write that was acknowledged before it.
 */
export class SessionLoader {
  readonly #table: SessionTable;
  readonly #form: FindSessionsSql;
  /** Most SELECTs under way that are fresh: a server works on two at a time, SQLite's handle for reads on one. */
  readonly #maxRecent: number;
  /** In the order of their arrival; whoever is out of time leaves. */
  readonly #waiting = new Set<Lookup>();
  #inFlight = 0;
  /** How many of those are younger than `STALE_AFTER_MS`. */
  #recent = 0;

  constructor(table: SessionTable) {
    this.#table = table;
    this.#form = findSessionsSql(table);
    this.#maxRecent = table.dialect.name === 'sqlite' ? 1 : 2;
  }

  /** The row of this id; its deadline counts from now, not from when its SELECT leaves. */
  find(id: string): Promise<SessionRow | undefined> {
    const { timeout } = this.#table.statements;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(lookup);
        reject(timeoutError(timeout));
      }, timeout);
      const lookup = { id, deadline, resolve, reject };
      this.#waiting.add(lookup);
      if (this.#waiting.size === 1) {
        // Once all requests that have arrived are read, or the first of them would get a SELECT of its own.
        setImmediate(() => this.#sendNext());
      }
    });
  }

  #sendNext(): void {
    while (
      this.#waiting.size > 0 &&
      this.#recent < this.#maxRecent &&
      this.#inFlight < MAX_IN_FLIGHT
    ) {
      const batch = [...this.#waiting].slice(0, MAX_BATCH_SIZE);
      batch.forEach((lookup) => this.#waiting.delete(lookup));
      void this.#send(batch);
    }
  }

  async #send(batch: readonly Lookup[]): Promise<void> {
    this.#inFlight++;
    this.#recent++;
    const age = once(() => {
      this.#recent--;
      this.#sendNext();
    });
    const patience = setTimeout(age, STALE_AFTER_MS);
    try {
      const rows = await this.#rowsOf(batch);
      batch.forEach(({ id, resolve }) => resolve(rows.get(id)));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    } finally {
      batch.forEach(({ deadline }) => clearTimeout(deadline));
      clearTimeout(patience);
      this.#inFlight--;
      age();
      this.#sendNext();
    }
  }

  /** The rows by id, within a deadline of the SELECT's own. */
  async #rowsOf(batch: readonly Lookup[]): Promise<Map<string, SessionRow>> {
    const { select, rowFrom } = this.#form;
    const { sql, parameters } = select([...new Set(batch.map(({ id }) => id))]);
    const rows = await this.#table.statements.select(sql, parameters);
    return new Map(rows.map(rowFrom).map((row) => [row.id, row]));
  }
}

/** The action, of which only the first call does anything. */
function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      action();
    }
  };
}
