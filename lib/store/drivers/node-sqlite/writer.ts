import { Worker } from 'node:worker_threads';
import { toSqliteError, type SqliteFailure } from './sqlite-error.js';
import type { StatementValues } from './node-sqlite.js';
// oxlint-disable-next-line import/default -- the build makes it
import source from './writer.worker.js?source';

/** What the thread needs to open the database. */
export interface WriterSettings {
  readonly path: string;
  readonly readOnly: boolean;
  /** Milliseconds to wait for a lock of another process, or for a transaction of another handle. */
  readonly busyTimeout: number;
}

/** A request of a handle to the thread. `end` closes the database and ends the thread. */
export interface Request {
  readonly kind: 'open' | 'all' | 'run' | 'close' | 'end';
  readonly handle: number;
  readonly sql: string;
  readonly values: StatementValues;
}

export interface Call extends Request {
  readonly id: number;
}

/** What became of a call. */
export interface Outcome {
  readonly id: number;
  readonly rows?: Record<string, unknown>[];
  readonly changes?: number;
  readonly lastID?: number;
  readonly failure?: SqliteFailure;
}

interface Pending {
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread with a connection to a database, which several handles can share. All calls of one turn of the event loop go
 * there in one message. The process can end while no call is pending.
 */
export class Writer {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #outbox: Call[] = [];
  #lastId = 0;
  readonly #handles = new Set<number>();
  #lastHandle = 0;
  #failure: Error | undefined;

  constructor(settings: WriterSettings) {
    // The thread gets no flags or environment variables of the application, such as a loader.
    this.#worker = new Worker(source, {
      eval: true,
      workerData: settings,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: {},
      name: 'nestjs-server-sessions',
    });
    this.#worker.unref();
    this.#worker.on('message', (outcome: Outcome) => this.#settle(outcome));
    this.#worker.on('error', (error: Error) => this.#fail(toSqliteError(error)));
    this.#worker.on('exit', () =>
      this.#fail(toSqliteError({ message: 'the thread of the database has ended' })),
    );
  }

  /** Returns the number of a new handle. */
  join(): number {
    this.#handles.add(++this.#lastHandle);
    return this.#lastHandle;
  }

  /** Rolls back the open transaction of a handle. The last handle that leaves ends the thread. */
  async leave(handle: number): Promise<void> {
    this.#handles.delete(handle);
    const isLast = this.#handles.size === 0;
    await this.send({ kind: isLast ? 'end' : 'close', handle, sql: '', values: [] });
  }

  send(request: Request): Promise<Outcome> {
    if (this.#failure) {
      return Promise.reject(this.#failure);
    }
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      if (this.#pending.size === 0) {
        this.#worker.ref();
      }
      this.#pending.set(id, { resolve, reject });
      if (this.#outbox.push({ ...request, id }) === 1) {
        queueMicrotask(() => this.#flush());
      }
    });
  }

  #flush(): void {
    this.#worker.postMessage(this.#outbox);
    this.#outbox = [];
  }

  #settle(outcome: Outcome): void {
    const { resolve, reject } = this.#pending.get(outcome.id)!;
    this.#pending.delete(outcome.id);
    if (this.#pending.size === 0) {
      this.#worker.unref();
    }
    if (outcome.failure) {
      reject(toSqliteError(outcome.failure));
    } else {
      resolve(outcome);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#pending.forEach(({ reject }) => reject(this.#failure!));
    this.#pending.clear();
  }
}
