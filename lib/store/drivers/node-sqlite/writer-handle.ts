import { toStatementValues } from './bound-values.js';
import type { Outcome, Request, Writer } from './writer.js';

/** Gets the rows of a statement. */
export type RowsCallback = (error: Error | null, rows?: Record<string, unknown>[]) => void;

/** Gets what a statement changed, as `this`. */
type ChangesCallback = (
  this: { readonly changes?: number; readonly lastID?: number },
  error: Error | null,
) => void;

export type DoneCallback = (error: Error | null) => void;

/**
 * A handle with the part of the API of the package `sqlite3` that Sequelize and the store use. Handles of one connection
 * take turns with their transactions.
 */
export class WriterHandle {
  readonly filename: string;
  readonly #writer: Writer;
  readonly #number: number;
  #isClosed = false;

  constructor(filename: string, writer: Writer) {
    this.filename = filename;
    this.#writer = writer;
    this.#number = writer.join();
  }

  /** Returns another handle to the same connection. Its transactions and those of this one wait for each other. */
  sibling(): WriterHandle {
    return new WriterHandle(this.filename, this.#writer);
  }

  /** Waits until the database is open. */
  async ready(): Promise<void> {
    await this.#send('open', '', []);
  }

  all(sql: string, ...given: [RowsCallback?] | [values: unknown, RowsCallback?]): void {
    const { values, done } = parse<RowsCallback>(given);
    this.#send('all', sql, values).then(
      ({ rows }) => done.call({}, null, rows!.map(withBuffers)),
      (error: Error) => done.call({}, error),
    );
  }

  run(sql: string, ...given: [ChangesCallback?] | [values: unknown, ChangesCallback?]): void {
    const { values, done } = parse<ChangesCallback>(given);
    this.#send('run', sql, values).then(
      (outcome) => done.call(outcome, null),
      (error: Error) => done.call({}, error),
    );
  }

  /** Runs the function: the calls of a handle run in their order anyway. */
  serialize(work: () => void): void {
    work();
  }

  close(done: DoneCallback = () => {}): void {
    this.#close().then(() => done(null), done);
  }

  async #close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      await this.#writer.leave(this.#number);
    }
  }

  #send(kind: Request['kind'], sql: string, values: unknown): Promise<Outcome> {
    return this.#writer.send({
      kind,
      handle: this.#number,
      sql,
      values: toStatementValues(values),
    });
  }
}

/** Returns the values and the callback of a call that may lack both. */
function parse<Callback>(given: readonly unknown[]): { values: unknown; done: Callback } {
  const [values, done = () => {}] = typeof given[0] === 'function' ? [[], given[0]] : given;
  return { values, done: done as Callback };
}

/** Returns a row with the bytes of its BLOBs in buffers. */
function withBuffers(row: Record<string, unknown>): Record<string, unknown> {
  for (const name in row) {
    const value = row[name];
    if (ArrayBuffer.isView(value)) {
      row[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
  return row;
}
