import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';

/**
 * Separate processes, for tests that need more than one process. Each runs a script of test/stress/workers on the built
 * package, so `npm run test:stress` builds first. It says when it is ready. All of them then start each round of work at
 * the same moment.
 */
export interface Workers<Round, Report> {
  /** Starts a round in all processes at once; `rounds` has what is different for each. */
  work(rounds: readonly Round[]): Promise<Report[]>;
  /** Ends a round that goes on until then. */
  stop(): void;
  /** Waits until all processes have ended. Fails if one of them failed. */
  end(): Promise<void>;
}

/** Starts one process for each order, with the given options of Node. Resolves when all are ready. */
export async function startWorkers<Round, Report>(
  script: string,
  orders: readonly object[],
  nodeOptions: readonly string[] = [],
): Promise<Workers<Round, Report>> {
  const workers = orders.map((order) => new Worker<Report>(script, order, nodeOptions));
  await Promise.all(workers.map((worker) => worker.answer()));
  return {
    work(rounds) {
      workers.forEach((worker, index) => worker.tell(rounds[index]));
      return Promise.all(workers.map((worker) => worker.answer()));
    },
    stop: () => workers.forEach((worker) => worker.tell('stop')),
    async end() {
      await Promise.all(workers.map((worker) => worker.end()));
    },
  };
}

/** The same order for each of `count` processes. */
export const alike = <Order>(count: number, order: Order): Order[] =>
  Array.from({ length: count }, () => order);

/** Processes that have not ended. A failed test leaves some behind, and Jest would wait for them. */
const running = new Set<ChildProcessWithoutNullStreams>();
afterEach(() => running.forEach((process) => process.kill()));

class Worker<Report> {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #exit: Promise<unknown[]>;
  #errors = '';

  constructor(script: string, order: object, nodeOptions: readonly string[]) {
    const file = join(resolve('.'), 'test/stress/workers', script);
    this.#process = spawn(process.execPath, [...nodeOptions, file, JSON.stringify(order)]);
    this.#process.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
    // A process that has died is reported by its missing response.
    this.#process.stdin.on('error', () => {});
    this.#exit = once(this.#process, 'exit');
    running.add(this.#process);
    this.#process.once('exit', () => running.delete(this.#process));
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  tell(what: unknown): void {
    this.#process.stdin.write(`${JSON.stringify(what)}\n`);
  }

  async answer(): Promise<Report> {
    const { done, value } = await this.#answers.next();
    if (done) {
      const [code] = await this.#exit;
      throw new Error(`A process ended with ${String(code)}: ${this.#errors}`);
    }
    return JSON.parse(value) as Report;
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    const [code] = await this.#exit;
    if (code !== 0) {
      throw new Error(`A process ended with ${String(code)}: ${this.#errors}`);
    }
  }
}
