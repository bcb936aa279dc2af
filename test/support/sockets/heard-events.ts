import type { Heard } from './socket-kinds.js';

/** The events that a client got and nobody has read yet. */
export class HeardEvents {
  readonly #events: Heard[] = [];
  readonly #waiting: ((event: Heard) => void)[] = [];

  add(event: Heard): void {
    const next = this.#waiting.shift();
    if (next) {
      next(event);
    } else {
      this.#events.push(event);
    }
  }

  next(): Promise<Heard> {
    const event = this.#events.shift();
    return event ? Promise.resolve(event) : new Promise((resolve) => this.#waiting.push(resolve));
  }
}
