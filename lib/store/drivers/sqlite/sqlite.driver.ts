import { placeholders } from '../placeholders.js';
import type { Columns, Driver, Parameters, RawConnection } from '../driver.js';

/** Maximum length of a statement that is kept. Longer ones, as an import sends, are hardly ever sent again. */
const MAX_KEPT_LENGTH = 2500;

/**
 * Sends statements to SQLite. On the store's own handles, each is prepared once per handle. One that fails is prepared
 * again: the driver does not reset it, so it would stay open and block others.
 */
export class SqliteDriver implements Driver {
  readonly #bind = placeholders((position) => `?${position}`);
  readonly #ownsHandles: boolean;
  readonly #prepared = new Map<RawConnection, Map<string, PreparedStatement>>();

  /** @param ownsHandles `false` if others close the handles, which SQLite refuses as long as a statement is kept */
  constructor(ownsHandles: boolean) {
    this.#ownsHandles = ownsHandles;
  }

  rows(on: RawConnection, sql: string, parameters: Parameters): Promise<Columns[]> {
    return this.#send(on, sql, parameters, (to, given) => {
      return new Promise((resolve, reject) => {
        const done: Rows = (error, rows) => (error ? reject(error) : resolve(rows));
        // Not get(), which leaves a cursor open, and with it an old snapshot.
        to.all(...given, done);
      });
    });
  }

  count(on: RawConnection, sql: string, parameters: Parameters): Promise<number> {
    return this.#send(on, sql, parameters, (to, given) => {
      return new Promise((resolve, reject) => {
        const done: Changes = function (error) {
          return error ? reject(error) : resolve(this.changes);
        };
        to.run(...given, done);
      });
    });
  }

  async close(): Promise<void> {
    const prepared = [...this.#prepared.values()].flatMap((kept) => [...kept.values()]);
    this.#prepared.clear();
    await Promise.all(prepared.map(finalize));
  }

  async #send<Result>(
    on: RawConnection,
    sql: string,
    parameters: Parameters,
    send: (to: Target, given: unknown[]) => Promise<Result>,
  ): Promise<Result> {
    const { text, values } = this.#bind(sql, parameters);
    if (!this.#ownsHandles || text.length > MAX_KEPT_LENGTH) {
      return send(on as Handle, [text, values]);
    }
    const kept = this.#keptOn(on);
    const found = kept.get(text);
    // Takes the statement out of the cache while this call uses it. In memory all calls share one handle, so another call
    // could otherwise use it too.
    kept.delete(text);
    const statement = found ?? (await prepare(on as Handle, text));
    let hasSucceeded = false;
    try {
      const result = await send(statement, [values]);
      hasSucceeded = true;
      return result;
    } finally {
      if (hasSucceeded && !kept.has(text)) {
        kept.set(text, statement);
      } else {
        await finalize(statement);
      }
    }
  }

  #keptOn(on: RawConnection): Map<string, PreparedStatement> {
    let kept = this.#prepared.get(on);
    if (!kept) {
      kept = new Map();
      this.#prepared.set(on, kept);
    }
    return kept;
  }
}

function prepare(handle: Handle, text: string): Promise<PreparedStatement> {
  return new Promise((resolve, reject) => {
    const statement = handle.prepare(text, (error) => (error ? reject(error) : resolve(statement)));
  });
}

function finalize(statement: PreparedStatement): Promise<void> {
  return new Promise((done) => statement.finalize(done));
}

type Rows = (error: Error | null, rows: Columns[]) => void;
type Changes = (this: { readonly changes: number }, error: Error | null) => void;

/** The parts of the driver's handle and statement that are used here. A handle takes the SQL before the values. */
interface Target {
  all(...given: unknown[]): void;
  run(...given: unknown[]): void;
}

interface Handle extends Target {
  prepare(text: string, prepared: (error: Error | null) => void): PreparedStatement;
}

interface PreparedStatement extends Target {
  finalize(done: () => void): void;
}
