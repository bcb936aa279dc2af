import type { Connection } from '../execution/connection-pool.js';

/** Values of a statement's `$name` parameters. */
export type Parameters = Record<string, string | number | null>;

/** A row as the driver gives it. */
export type Columns = Record<string, unknown>;

/**
 * Sends single statements by the driver itself: Sequelize lends the connection, but to send one costs it several times
 * what the driver takes.
 */
export interface Driver {
  /** The rows of a SELECT, or of a statement with RETURNING. */
  rows(on: Connection, sql: string, parameters: Parameters): Promise<Columns[]>;
  /** How many rows a statement changed. */
  count(on: Connection, sql: string, parameters: Parameters): Promise<number>;
  /** Lets go of what was kept for connections, where anything is. */
  close?(): Promise<void>;
}
