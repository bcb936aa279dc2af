import { placeholders } from './placeholders.js';
import type { Connection } from './pooled-connections.js';
import type { Columns, Parameters, Sender } from './sender.js';

/**
 * Sends statements to SQLite; reads on handles of our own as prepared ones, each prepared once per handle. Not writes: the
 * driver resets no statement that found the database busy, and it would keep its place in the way of others.
 */
export class SqliteSender implements Sender {
  readonly #place = placeholders((position) => `?${position}`);
  readonly #ownsHandles: boolean;
  readonly #prepared = new Map<Connection, Map<string, Promise<Statement>>>();

  /** @param ownsHandles `false` where others close them, which SQLite refuses as long as a statement is kept */
  constructor(ownsHandles: boolean) {
    this.#ownsHandles = ownsHandles;
  }

  async rows(on: Connection, sql: string, parameters: Parameters): Promise<Columns[]> {
    const { text, names } = this.#place(sql);
    const values = names.map((name) => parameters[name]);
    const isKept = this.#ownsHandles && text.startsWith('SELECT');
    const statement = isKept ? await this.#prepare(on as Handle, text) : undefined;
    return new Promise((resolve, reject) => {
      const done: Rows = (error, rows) => (error ? reject(error) : resolve(rows));
      // Not get(), which leaves a cursor open, and with it an old snapshot.
      if (statement) {
        statement.all(values, done);
      } else {
        oneByOne(on as Handle, (handle) => handle.all(text, values, done));
      }
    });
  }

  count(on: Connection, sql: string, parameters: Parameters): Promise<number> {
    const { text, names } = this.#place(sql);
    const values = names.map((name) => parameters[name]);
    return new Promise((resolve, reject) => {
      const done: Changes = function (error) {
        return error ? reject(error) : resolve(this.changes);
      };
      oneByOne(on as Handle, (handle) => handle.run(text, values, done));
    });
  }

  async close(): Promise<void> {
    const prepared = [...this.#prepared.values()].flatMap((statements) => [...statements.values()]);
    this.#prepared.clear();
    for (const outcome of await Promise.allSettled(prepared)) {
      if (outcome.status === 'fulfilled') {
        await new Promise<void>((done) => outcome.value.finalize(done));
      }
    }
  }

  #prepare(handle: Handle, text: string): Promise<Statement> {
    let statements = this.#prepared.get(handle);
    if (!statements) {
      statements = new Map();
      this.#prepared.set(handle, statements);
    }
    let statement = statements.get(text);
    if (!statement) {
      statement = prepare(handle, text);
      statements.set(text, statement);
      statement.catch(() => statements.delete(text));
    }
    return statement;
  }
}

/**
 * Each statement that waits for a lock takes a thread of Node's pool, which has four. Those of one handle go one after the
 * other, so that there is always one left for the transaction that holds the lock.
 */
function oneByOne(handle: Handle, send: (handle: Handle) => void): void {
  handle.serialize(() => send(handle));
}

function prepare(handle: Handle, text: string): Promise<Statement> {
  return new Promise((resolve, reject) => {
    const statement = handle.prepare(text, (error) => (error ? reject(error) : resolve(statement)));
  });
}

type Rows = (error: Error | null, rows: Columns[]) => void;
type Changes = (this: { readonly changes: number }, error: Error | null) => void;

/** What of the driver's handle is used. */
interface Handle extends Connection {
  serialize(work: () => void): void;
  prepare(text: string, prepared: (error: Error | null) => void): Statement;
  all(text: string, values: unknown[], done: Rows): void;
  run(text: string, values: unknown[], done: Changes): void;
}

interface Statement {
  all(values: unknown[], done: Rows): void;
  finalize(done: () => void): void;
}
