import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** An application in a separate process, which any unhandled rejection ends. */
export class ApplicationProcess {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #exit: Promise<unknown[]>;
  #errors = '';
  #port = 0;

  private constructor(order: object) {
    const script = resolve('test/faults/workers/application.mjs');
    this.#process = spawn(process.execPath, [script, JSON.stringify(order)]);
    this.#process.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
    this.#exit = once(this.#process, 'exit');
  }

  /** Resolves as soon as it listens. */
  static async start(order: object): Promise<ApplicationProcess> {
    const application = new ApplicationProcess(order);
    const port = once(application.#process.stdout, 'data');
    const [said] = await Promise.race([port, application.#exit]);
    application.#port = Number(said);
    application.requireAlive();
    return application;
  }

  /** @throws with what it wrote to stderr, if it has ended by itself */
  requireAlive(): void {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      throw new Error(`The application has ended: ${this.#errors}`);
    }
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#port}/${path}`;
  }

  /** Asks it to end. Returns how it ended, and all that it wrote to stderr. */
  async end(): Promise<{ signal: unknown; errors: string }> {
    this.#process.kill('SIGTERM');
    const [, signal] = await this.#exit;
    return { signal, errors: this.#errors };
  }
}
