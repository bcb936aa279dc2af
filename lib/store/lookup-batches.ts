import { idLists } from './id-list.js';
import { rowFrom, type SessionRow } from './session-row.js';
import type { SessionTable } from './session-table.js';

/** Most lookups in one SELECT. */
const LARGEST = 64;

/** Milliseconds after which a SELECT that is not back no longer holds up the next, as one on a dead connection would. */
const PATIENCE = 50;

/** Most SELECTs under way at once. */
const MOST_UNDER_WAY = 4;

interface Lookup {
  readonly id: string;
  readonly inTime: () => boolean;
  readonly resolve: (row: SessionRow | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads sessions by id: all lookups that wait go out as one SELECT, and the next leaves as soon as that is back. So a
 * batch is as large as the load makes it, and an idle server waits for nothing. A lookup never joins a SELECT that has
 * left, so it sees every write that was acknowledged before it.
 */
export class LookupBatches {
  readonly #table: SessionTable;
  #waiting: Lookup[] = [];
  #underWay = 0;
  /** How many of those are younger than `PATIENCE`. */
  #fresh = 0;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** The row of this id; its deadline counts from now, not from when its SELECT leaves. */
  find(id: string): Promise<SessionRow | undefined> {
    return this.#table.statements.withinDeadline(
      (inTime) =>
        new Promise((resolve, reject) => {
          this.#waiting.push({ id, inTime, resolve, reject });
          queueMicrotask(() => this.#sendNext());
        }),
    );
  }

  #sendNext(): void {
    if (this.#fresh > 0 || this.#underWay >= MOST_UNDER_WAY) {
      return;
    }
    const batch = this.#waiting.splice(0, LARGEST).filter(({ inTime }) => inTime());
    if (batch.length > 0) {
      void this.#send(batch);
    }
  }

  async #send(batch: readonly Lookup[]): Promise<void> {
    this.#underWay++;
    this.#fresh++;
    let isFresh = true;
    const age = () => {
      this.#fresh -= isFresh ? 1 : 0;
      isFresh = false;
    };
    const patience = setTimeout(() => {
      age();
      this.#sendNext();
    }, PATIENCE);
    try {
      const rows = await this.#rowsOf(batch);
      batch.forEach(({ id, resolve }) => resolve(rows.get(id)));
    } catch (error) {
      batch.forEach(({ reject }) => reject(error));
    } finally {
      clearTimeout(patience);
      age();
      this.#underWay--;
      this.#sendNext();
    }
  }

  /** The rows by id; the SELECT is sent once more where the first try failed and somebody still waits. */
  async #rowsOf(batch: readonly Lookup[]): Promise<Map<string, SessionRow>> {
    const { name, statements } = this.#table;
    const [list] = idLists([...new Set(batch.map(({ id }) => id))]);
    const sql = `SELECT * FROM ${name} WHERE id IN (${list!.sql})`;
    const read = () => statements.read(sql, list!.parameters);
    const rows = await read().catch((error: unknown) => {
      if (batch.some(({ inTime }) => inTime())) {
        return read();
      }
      throw error;
    });
    return new Map(rows.map(rowFrom).map((row) => [row.id, row]));
  }
}
