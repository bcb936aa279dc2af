/** The versions of Node whose `node:sqlite` can keep sessions. */
export const NODE_SQLITE_VERSIONS = '^22.23.0 || >=24.15.0';

/** A value that SQLite stores. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** The parts of `node:sqlite` that are used here. The types of Node 20 lack them. */
export interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { timeout: number; readOnly?: boolean },
  ) => DatabaseSync;
}

export interface DatabaseSync {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): StatementSync;
  close(): void;
}

/** A statement. Values without names are those of `?`; an object has those of `$name`. */
export interface StatementSync {
  setReadBigInts(enabled: boolean): void;
  all(...values: StatementValues): Record<string, unknown>[];
  run(...values: StatementValues): { changes: number | bigint; lastInsertRowid: number | bigint };
}

export type StatementValues = readonly (SqliteValue | Readonly<Record<string, SqliteValue>>)[];

/** Returns `node:sqlite`, or `undefined` on a version of Node whose SQLite is too old or is not there. */
export function findNodeSqlite(version = process.versions.node): NodeSqlite | undefined {
  const [major, minor] = version.split('.').map(Number) as [number, number];
  const isNewEnough = major === 22 ? minor >= 23 : major > 24 || (major === 24 && minor >= 15);
  return isNewEnough
    ? (process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined)
    : undefined;
}
