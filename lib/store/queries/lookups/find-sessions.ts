import { setImmediate } from 'node:timers';
import { BATCHES } from '../../../common/diagnostics.js';
import { shownKind } from '../../../common/kind.js';
import { Countdown } from '../../execution/countdown.js';
import { timeoutError } from '../../execution/store-error.js';
import { findSessionsSql, type FindSessionsSql } from './find-sessions.sql.js';
import type { SessionRow } from '../../../manager/session-row.js';
import type { SessionTable } from '../../execution/session-table.js';

/** Maximum number of lookups in one SELECT. */
const MAX_BATCH_SIZE = 64;

/** Milliseconds after which a SELECT is stale: the next one no longer waits for it, since its connection may be dead. */
const STALE_AFTER_MS = 50;

/** Maximum number of SELECTs in flight, stale ones included. */
const MAX_IN_FLIGHT = 4;

/** Lookups that have the same deadline, because they arrived together: a timer for each would cost more than its row. */
interface Arrivals {
  /** Those that are not answered yet. */
  readonly lookups: Set<Lookup>;
  readonly countdown: Countdown;
}

interface Lookup {
  readonly id: string;
  readonly arrivals: Arrivals;
  readonly resolve: (row: SessionRow | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads sessions by id: all lookups that wait are sent as one SELECT, and the next SELECT is sent as soon as one returns.
 * So a batch is as large as the load makes it, and a lookup on an idle server does not wait.
 *
 * A lookup moves through these states:
 *
 * - WAITING, until the requests that have arrived are read and a SELECT may be sent. If its deadline passes, it leaves and
 *   is REJECTED.
 * - IN FLIGHT with the batch of its SELECT. It never joins a SELECT that was sent before, so it sees every write that was
 *   acknowledged before it. If its deadline passes, it is REJECTED alone, and the batch goes on.
 * - RESOLVED with its row or `undefined`, or REJECTED, with its whole batch.
 *
 * And a SELECT:
 *
 * - RECENT for `STALE_AFTER_MS`. It counts against `#maxRecent`.
 * - STALE after that. It counts against `MAX_IN_FLIGHT` only, so the next SELECT can be sent.
 * - BACK: it no longer counts.
 *
 * docs/adr/0015-lookups-per-database.md describes how each database reads a batch.
 */
export class SessionLoader {
  readonly #kind: string;
  readonly #table: SessionTable;
  readonly #form: FindSessionsSql;
  /** Maximum number of recent SELECTs: a server gets two at a time, SQLite's handle for reads one. */
  readonly #maxRecent: number;
  /** In the order of their arrival. */
  readonly #waiting = new Set<Lookup>();
  /** Those that have arrived since requests were last read. */
  #arriving: Arrivals | undefined;
  #inFlight = 0;
  /** How many of these SELECTs are recent. */
  #recent = 0;

  /** @param kind the kind of the sessions */
  constructor(kind: string, table: SessionTable) {
    this.#kind = kind;
    this.#table = table;
    this.#form = findSessionsSql(table);
    this.#maxRecent = table.dialect.name === 'sqlite' ? 1 : 2;
  }

  /** Returns the row of this id. The deadline counts from now, not from when the SELECT is sent. */
  find(id: string): Promise<SessionRow | undefined> {
    return new Promise((resolve, reject) => {
      this.#arriving ??= this.#expectArrivals();
      const lookup: Lookup = { id, arrivals: this.#arriving, resolve, reject };
      lookup.arrivals.lookups.add(lookup);
      this.#waiting.add(lookup);
    });
  }

  #expectArrivals(): Arrivals {
    const { timeout } = this.#table.executor;
    const lookups = new Set<Lookup>();
    const countdown = new Countdown(
      timeout,
      () => [...lookups].some((lookup) => !this.#waiting.has(lookup)),
      () => {
        for (const lookup of lookups) {
          const isUnsent = this.#waiting.delete(lookup);
          lookup.reject(timeoutError(timeout, isUnsent ? 'unsent' : 'read'));
        }
      },
    );
    // After all requests that have arrived are read: otherwise the first would get a separate SELECT.
    setImmediate(() => {
      this.#arriving = undefined;
      this.#sendNext();
    });
    return { lookups, countdown };
  }

  #sendNext(): void {
    while (
      this.#waiting.size > 0 &&
      this.#recent < this.#maxRecent &&
      this.#inFlight < MAX_IN_FLIGHT
    ) {
      void this.#send(this.#takeBatch());
    }
  }

  /** Takes the first lookups, of at most `MAX_BATCH_SIZE` sessions: thousands of lookups of one session count once. */
  #takeBatch(): Lookup[] {
    const batch: Lookup[] = [];
    const ids = new Set<string>();
    for (const lookup of this.#waiting) {
      ids.add(lookup.id);
      if (ids.size > MAX_BATCH_SIZE) {
        break;
      }
      batch.push(lookup);
      this.#waiting.delete(lookup);
    }
    return batch;
  }

  async #send(batch: readonly Lookup[]): Promise<void> {
    if (BATCHES.hasSubscribers) {
      BATCHES.publish({ size: batch.length, ...shownKind(this.#kind) });
    }
    this.#inFlight++;
    this.#recent++;
    const endRecent = once(() => {
      this.#recent--;
      this.#sendNext();
    });
    const staleTimer = setTimeout(endRecent, STALE_AFTER_MS);
    try {
      const rows = await this.#read(batch);
      batch.forEach(({ id, resolve }) => resolve(rows.get(id)));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    } finally {
      batch.forEach(endWaiting);
      clearTimeout(staleTimer);
      this.#inFlight--;
      endRecent();
      this.#sendNext();
    }
  }

  /** Returns the rows by id. The SELECT has a separate deadline. */
  async #read(batch: readonly Lookup[]): Promise<Map<string, SessionRow>> {
    const { select, toRow } = this.#form;
    const { sql, parameters } = select([...new Set(batch.map(({ id }) => id))]);
    const rows = await this.#table.executor.lookUp(sql, parameters);
    return new Map(rows.map(toRow).map((row) => [row.id, row]));
  }
}

/** The deadline of a lookup can't pass any more. */
function endWaiting(lookup: Lookup): void {
  const { lookups, countdown } = lookup.arrivals;
  lookups.delete(lookup);
  if (lookups.size === 0) {
    countdown.stop();
  }
}

/** Returns the action in a form that runs only at the first call. */
function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      action();
    }
  };
}
