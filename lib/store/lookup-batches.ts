import { idLists, type IdList } from './id-list.js';
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
  /** In the order of their arrival; whoever is out of time leaves. */
  readonly #waiting = new Set<Lookup>();
  #underWay = 0;
  /** How many of those are younger than `PATIENCE`. */
  #fresh = 0;

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** The row of this id; its deadline counts from now, not from when its SELECT leaves. */
  async find(id: string): Promise<SessionRow | undefined> {
    let lookup: Lookup | undefined;
    try {
      return await this.#table.statements.withinDeadline(
        () =>
          new Promise((resolve, reject) => {
            lookup = { id, resolve, reject };
            this.#waiting.add(lookup);
            queueMicrotask(() => this.#sendNext());
          }),
      );
    } finally {
      if (lookup) {
        this.#waiting.delete(lookup);
      }
    }
  }

  #sendNext(): void {
    if (this.#waiting.size === 0 || this.#fresh > 0 || this.#underWay >= MOST_UNDER_WAY) {
      return;
    }
    const batch = [...this.#waiting].slice(0, LARGEST);
    batch.forEach((lookup) => this.#waiting.delete(lookup));
    void this.#send(batch);
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
      clearTimeout(patience);
      this.#underWay--;
      age();
      this.#sendNext();
    }
  }

  /** The rows by id, within a deadline of the SELECT's own. */
  async #rowsOf(batch: readonly Lookup[]): Promise<Map<string, SessionRow>> {
    const { name, statements, dialect } = this.#table;
    const ids = [...new Set(batch.map(({ id }) => id))];
    const { sql, parameters } = dialect.name === 'postgres' ? anyOf(ids) : oneOf(ids);
    const rows = await statements.select(`SELECT * FROM ${name} WHERE id ${sql}`, parameters);
    return new Map(rows.map(rowFrom).map((row) => [row.id, row]));
  }
}

function oneOf(ids: readonly string[]): IdList {
  const { sql, parameters } = idLists(ids)[0]!;
  return { sql: `IN (${sql})`, parameters };
}

/** One parameter whatever their number, which PostgreSQL parses and plans faster than a list; ids hold no comma or brace. */
function anyOf(ids: readonly string[]): IdList {
  return { sql: '= ANY($ids::varchar[])', parameters: { ids: `{${ids.join(',')}}` } };
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
