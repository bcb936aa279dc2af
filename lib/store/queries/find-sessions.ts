import { setImmediate } from 'node:timers';
import { late } from '../execution/deadline.js';
import { lookupForm, type LookupForm } from './find-sessions.sql.js';
import type { SessionRow } from '../table/session-row.js';
import type { SessionTable } from '../execution/session-table.js';

/** Most lookups in one SELECT. */
const LARGEST = 64;

/** Milliseconds after which a SELECT that is not back no longer holds up the next, as one on a dead connection would. */
const PATIENCE = 50;

/** Most SELECTs under way at once. */
const MOST_UNDER_WAY = 4;

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
export class LookupBatches {
  readonly #table: SessionTable;
  readonly #form: LookupForm;
  /** Most SELECTs under way that are fresh: a server works on two at a time, SQLite's handle for reads on one. */
  readonly #mostFresh: number;
  /** In the order of their arrival; whoever is out of time leaves. */
  readonly #waiting = new Set<Lookup>();
  #underWay = 0;
  /** How many of those are younger than `PATIENCE`. */
  #fresh = 0;

  constructor(table: SessionTable) {
    this.#table = table;
    this.#form = lookupForm(table);
    this.#mostFresh = table.dialect.name === 'sqlite' ? 1 : 2;
  }

  /** The row of this id; its deadline counts from now, not from when its SELECT leaves. */
  find(id: string): Promise<SessionRow | undefined> {
    const { timeout } = this.#table.statements;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(lookup);
        reject(late(timeout));
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
      this.#fresh < this.#mostFresh &&
      this.#underWay < MOST_UNDER_WAY
    ) {
      const batch = [...this.#waiting].slice(0, LARGEST);
      batch.forEach((lookup) => this.#waiting.delete(lookup));
      void this.#send(batch);
    }
  }

  async #send(batch: readonly Lookup[]): Promise<void> {
    this.#underWay++;
    this.#fresh++;
    const age = once(() => {
      this.#fresh--;
      this.#sendNext();
    });
    const patience = setTimeout(age, PATIENCE);
    try {
      const rows = await this.#rowsOf(batch);
      batch.forEach(({ id, resolve }) => resolve(rows.get(id)));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    } finally {
      batch.forEach(({ deadline }) => clearTimeout(deadline));
      clearTimeout(patience);
      this.#underWay--;
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
