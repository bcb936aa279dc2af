/** Those of one key that wait for each other. */
interface Line {
  /** Ends with the turn of the last in line. */
  last: Promise<void>;
  length: number;
  /** Lets all that wait go at once. */
  readonly open: () => void;
  readonly opened: Promise<void>;
}

/**
 * Lets work of one key go one after the other within this process. A turn holds up the next for `patience` milliseconds at
 * the most. After an error that `endsLine`, all that wait go at once: they would only fail one after the other.
 */
export class TurnQueue {
  readonly #lines = new Map<string, Line>();
  readonly #patience: number;
  readonly #endsLine: (error: unknown) => boolean;

  constructor(patience: number, endsLine: (error: unknown) => boolean = () => false) {
    this.#patience = patience;
    this.#endsLine = endsLine;
  }

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(key) ?? newLine();
    this.#lines.set(key, line);
    const { promise: turn, resolve: endTurn } = deferred();
    const before = line.last;
    line.last = turn;
    line.length++;
    await Promise.race([before, line.opened]);
    const patience = setTimeout(endTurn, this.#patience).unref();
    try {
      return await work();
    } catch (error) {
      if (this.#endsLine(error)) {
        line.open();
        this.#close(key, line);
      }
      throw error;
    } finally {
      clearTimeout(patience);
      endTurn();
      line.length--;
      if (line.length === 0) {
        this.#close(key, line);
      }
    }
  }

  /** Who comes later starts a line of their own. */
  #close(key: string, line: Line): void {
    if (this.#lines.get(key) === line) {
      this.#lines.delete(key);
    }
  }
}

function newLine(): Line {
  const { promise: opened, resolve: open } = deferred();
  return { last: Promise.resolve(), length: 0, open, opened };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
