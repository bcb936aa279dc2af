/** How long, in milliseconds, a turn may hold up the next one of its key. */
const PATIENCE = 1000;

/**
 * Lets work of one key go one after the other within this process. It saves tries where many requests change one
 * session; correctness does not rest on it, so a turn that takes long lets the next one start.
 */
export class TurnQueue {
  readonly #turns = new Map<string, Promise<void>>();

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(key);
    let endTurn!: () => void;
    const turn = new Promise<void>((resolve) => {
      endTurn = resolve;
    });
    this.#turns.set(key, turn);
    await before;
    const patience = setTimeout(endTurn, PATIENCE).unref();
    try {
      return await work();
    } finally {
      clearTimeout(patience);
      endTurn();
      if (this.#turns.get(key) === turn) {
        this.#turns.delete(key);
      }
    }
  }
}
