/** Lets at most `count` tasks run at the same time. Later ones wait in the order of their arrival. */
export class Slots {
  #free: number;
  readonly #holdTimeout: number;
  readonly #waiting: (() => void)[] = [];

  /** @param holdTimeout milliseconds after which a task gives up its slot, even if it has not ended */
  constructor(count: number, holdTimeout: number) {
    this.#free = count;
    this.#holdTimeout = holdTimeout;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) {
      this.#free--;
    } else {
      await new Promise<void>((turn) => this.#waiting.push(turn));
    }
    let isHeld = true;
    const giveUp = () => {
      if (isHeld) {
        isHeld = false;
        this.#passOn();
      }
    };
    const timer = setTimeout(giveUp, this.#holdTimeout).unref();
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      giveUp();
    }
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#free++;
    }
  }
}
