import type { Sequelize } from 'sequelize';
import { LookupHandle } from './lookup-handle.js';
import { findNodeSqlite, type NodeSqlite } from './node-sqlite.js';
import { WriterHandle, type DoneCallback } from './writer-handle.js';
import { Writer } from './writer.js';

/**
 * `node:sqlite` in the form of the package `sqlite3`, for the option `dialectModule` of one Sequelize. See
 * docs/adr/0035-embedded-sqlite-without-a-compiler.md.
 */
export class NodeSqliteModule {
  readonly OPEN_READONLY = 1;
  readonly OPEN_READWRITE = 2;
  readonly OPEN_CREATE = 4;
  readonly Database: new (path: string, mode: number, opened: DoneCallback) => WriterHandle;
  readonly #sqlite: NodeSqlite;
  readonly #busyTimeout: number;
  /** @param busyTimeout milliseconds to wait for the lock of another process */
  constructor(sqlite: NodeSqlite, busyTimeout: number) {
    this.#sqlite = sqlite;
    this.#busyTimeout = busyTimeout;
    const open = this.#open.bind(this);
    this.Database = function (path: string, mode: number, opened: DoneCallback) {
      return open(path, mode, opened);
    } as unknown as NodeSqliteModule['Database'];
  }

  /** Opens a handle that only reads, on the thread of the event loop. */
  openForLookups(path: string, pageCache: number): LookupHandle {
    const database = new this.#sqlite.DatabaseSync(path, { timeout: 0 });
    database.exec(`PRAGMA cache_size = -${pageCache}; PRAGMA query_only = ON`);
    return new LookupHandle(database, this.#busyTimeout);
  }

  #open(path: string, mode: number, opened: DoneCallback): WriterHandle {
    const readOnly = mode === this.OPEN_READONLY;
    const writer = new Writer({ path, readOnly, busyTimeout: this.#busyTimeout });
    const handle = new WriterHandle(path, writer);
    handle.ready().then(() => opened(null), opened);
    return handle;
  }
}

/** Returns the module with which a Sequelize uses `node:sqlite`; `undefined` if it uses another driver. */
export function nodeSqliteOf(sequelize: Sequelize): NodeSqliteModule | undefined {
  const { dialectModule } = (sequelize as unknown as { options: { dialectModule?: object } })
    .options;
  return dialectModule instanceof NodeSqliteModule ? dialectModule : undefined;
}

/** Returns a new module, or `undefined` if this version of Node has no usable `node:sqlite`. */
export function createNodeSqlite(busyTimeout: number): NodeSqliteModule | undefined {
  const sqlite = findNodeSqlite();
  return sqlite && new NodeSqliteModule(sqlite, busyTimeout);
}
