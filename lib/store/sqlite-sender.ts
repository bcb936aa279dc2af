import { placeholders } from './placeholders.js';
import type { Connection } from './pooled-connections.js';
import type { Columns, Parameters, Sender } from './sender.js';

/**
 * Sends statements to SQLite, on handles of our own as prepared ones, each prepared once per handle. One that fails is
 * prepared anew: the driver does not reset it, and it would keep its place in the way of others.
 */
export class SqliteSender implements Sender {
  readonly #place = placeholders((position) => `?${position}`);
  readonly #ownsHandles: boolean;
  readonly #prepared = new Map<Connection, Map<string, Statement>>();

  /** @param ownsHandles `false` where others close them, which SQLite refuses as long as a statement is kept */
  constructor(ownsHandles: boolean) {
    this.#ownsHandles = ownsHandles;
  }

  rows(on: Connection, sql: string, parameters: Parameters): Promise<Columns[]> {
    // Not get(), which leaves a cursor open, and with it an old snapshot.
    return this.#run(on, sql, parameters, (statement, values, done) => statement.all(values, done));
  }

  count(on: Connection, sql: string, parameters: Parameters): Promise<number> {
    return this.#run(on, sql, parameters, (statement, values, done) =>
      statement.run(values, function (error) {
        done(error, this.changes);
      }),
    );
  }

  async close(): Promise<void> {
    const prepared = [...this.#prepared.values()].flatMap((statements) => [...statements.values()]);
    this.#prepared.clear();
    await Promise.all(prepared.map(finalize));
  }

  async #run<Result>(
    on: Connection,
    sql: string,
    parameters: Parameters,
    run: (statement: Statement, values: unknown[], done: Done<Result>) => void,
  ): Promise<Result> {
    const { text, names } = this.#place(sql);
    const values = names.map((name) => parameters[name]);
    const kept = this.#keptOn(on);
    const statement = kept.get(text) ?? (await prepare(on as Handle, text));
    kept.delete(text);
    try {
      const result = await new Promise<Result>((resolve, reject) => {
        run(statement, values, (error, result) => (error ? reject(error) : resolve(result)));
      });
      if (this.#ownsHandles && !kept.has(text)) {
        kept.set(text, statement);
      }
      return result;
    } finally {
      if (kept.get(text) !== statement) {
        await finalize(statement);
      }
    }
  }

  #keptOn(on: Connection): Map<string, Statement> {
    let kept = this.#prepared.get(on);
    if (!kept) {
      kept = new Map();
      this.#prepared.set(on, kept);
    }
    return kept;
  }
}

function prepare(handle: Handle, text: string): Promise<Statement> {
  return new Promise((resolve, reject) => {
    const statement = handle.prepare(text, (error) => (error ? reject(error) : resolve(statement)));
  });
}

function finalize(statement: Statement): Promise<void> {
  return new Promise((done) => statement.finalize(done));
}

type Done<Result> = (error: Error | null, result: Result) => void;

/** What of the driver's handle is used. */
interface Handle extends Connection {
  prepare(text: string, prepared: (error: Error | null) => void): Statement;
}

interface Statement {
  all(values: unknown[], done: Done<Columns[]>): void;
  run(
    values: unknown[],
    done: (this: { readonly changes: number }, error: Error | null) => void,
  ): void;
  finalize(done: () => void): void;
}
