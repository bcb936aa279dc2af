/** Those of one key that wait for each other. */
interface Line {
  /** Ends with the turn of the last in line. */
  last: Promise<void>;
  /** How to end each turn that has not ended. */
  readonly ends: Set<() => void>;
}

/**
 * Lets work of one key go one after the other within this process. After an error that `endsLine`, all that wait go at
 * once: they would only fail one after the other.
 */
export class TurnQueue {
  readonly #lines = new Map<string, Line>();
  readonly #turnTimeout: number | undefined;
  readonly #endsLine: (error: unknown) => boolean;

  /** @param turnTimeout milliseconds that a turn holds up the next at the most; `undefined`: as long as its work takes */
  constructor(turnTimeout?: number, endsLine: (error: unknown) => boolean = () => false) {
    this.#turnTimeout = turnTimeout;
    this.#endsLine = endsLine;
  }

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
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

  /** Who comes later starts a line of their own. */
  #close(key: string, line: Line): void {
    if (this.#lines.get(key) === line) {
      this.#lines.delete(key);
    }
  }
}
