import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer that the server makes and does not send until it is told to. */
export class HeldAnswer {
  /** Resolves when the answer is made, with its status. */
  readonly made: Promise<number>;
  #isMade!: (status: number) => void;
  #send: () => void = () => {};

  constructor() {
    this.made = new Promise((resolve) => {
      this.#isMade = resolve;
    });
  }

  hold(response: ServerResponse): void {
    const end = response.end.bind(response) as (...parts: unknown[]) => ServerResponse;
    response.end = (...parts: unknown[]) => {
      this.#send = () => end(...parts);
      this.#isMade(response.statusCode);
      return response;
    };
  }

  release(): void {
    this.#send();
  }
}

/** Middleware that can hold back answers, as a slow network does. */
export class HeldAnswers {
  readonly #wanted = new Map<string, HeldAnswer>();

  /** Holds back the next answer to `method path`. */
  hold(method: string, path: string): HeldAnswer {
    const held = new HeldAnswer();
    this.#wanted.set(`${method} ${path}`, held);
    return held;
  }

  readonly middleware = (
    { method, url }: IncomingMessage,
    response: ServerResponse,
    next: () => void,
  ): void => {
    const asked = `${method} ${url}`;
    this.#wanted.get(asked)?.hold(response);
    this.#wanted.delete(asked);
    next();
  };
}
