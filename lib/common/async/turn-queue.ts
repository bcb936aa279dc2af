/** The tasks of one key, which run one after the other. */
interface Line {
  /** Resolves when the turn of the last task ends. */
  last: Promise<void>;
  /** One function for each turn that has not ended. It ends the turn. */
  readonly ends: Set<() => void>;
}

/**
 * Runs tasks of the same key one after the other within this process. After an error for which `endsLine` returns true,
 * all waiting tasks start at once: in turn, they would only fail one by one.
 */
export class TurnQueue<Key = string> {
  readonly #lines = new Map<Key, Line>();
  readonly #turnTimeout: number | undefined;
  readonly #endsLine: (error: unknown) => boolean;

  /** @param turnTimeout milliseconds after which the next turn starts in any case; `undefined` for no limit */
  constructor(turnTimeout?: number, endsLine: (error: unknown) => boolean = () => false) {
    this.#turnTimeout = turnTimeout;
    this.#endsLine = endsLine;
  }

  async run<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), ends: new Set() };
    this.#lines.set(key, line);
    const before = line.last;
    let endTurn!: () => void;
    line.last = new Promise<void>((end) => {
      endTurn = end;
    });
    const end = () => {
      endTurn();
      line.ends.delete(end);
      if (line.ends.size === 0) {
        this.#close(key, line);
      }
    };
    line.ends.add(end);
    await before;
    const timer = this.#turnTimeout && setTimeout(end, this.#turnTimeout).unref();
    try {
      return await work();
    } catch (error) {
      if (this.#endsLine(error)) {
        this.#close(key, line);
        line.ends.forEach((each) => each());
      }
      throw error;
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  /** Closes a line, so that later tasks start a new one. */
  #close(key: Key, line: Line): void {
    if (this.#lines.get(key) === line) {
      this.#lines.delete(key);
    }
  }
}
