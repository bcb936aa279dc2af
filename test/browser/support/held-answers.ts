import type { IncomingMessage, ServerResponse } from 'node:http';

/** A response that the server makes, but does not send until the test releases it. */
export class HeldAnswer {
  /** Resolves to its status when the response is made. */
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

/** Middleware that can delay responses, like a slow network. */
export class HeldAnswers {
  readonly #wanted = new Map<string, HeldAnswer>();

  /** Delays the next response to `method path`. */
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
