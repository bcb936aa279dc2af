import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Acknowledged } from './acknowledged-writes.js';

/** A process that writes sessions and says what was acknowledged, until it is killed. */
export class Writer {
  readonly #acknowledged: Acknowledged;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;
  #errors = '';
  #onAcknowledged: (() => void) | undefined;

  constructor(order: object, acknowledged: Acknowledged) {
    this.#acknowledged = acknowledged;
    const script = resolve('test/faults/workers/writer.mjs');
    this.#process = spawn(process.execPath, [script, JSON.stringify(order)]);
    this.#process.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => {
      acknowledged.take(line);
      this.#onAcknowledged?.();
    });
    this.#ended = once(lines, 'close');
  }

  /** Resolves after `count` further acknowledgements. */
  async acknowledges(count: number): Promise<void> {
    const enough = this.#acknowledged.count + count;
    const reached = new Promise<void>((resolve) => {
      this.#onAcknowledged = () => this.#acknowledged.count >= enough && resolve();
    });
    const ended = this.#ended.then(() => {
      throw new Error(`The writer ended by itself: ${this.#errors}`);
    });
    await Promise.race([reached, ended]);
  }

  /** Ends it at once, whatever it is doing; resolves when all its output has been read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
