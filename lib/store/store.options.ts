import { checkBoolean, checkInteger, checkOneOf, invalidOption } from '../common/checks.js';
import { DEFAULT_KIND } from '../common/kind.js';
import { requirePath } from './storage-path.js';

/** Where and how sessions are stored. */
export interface StoreOptions {
  /**
   * File of the embedded SQLite database, or `:memory:`. Missing folders are created with mode 0700, the file with 0600.
   * It uses WAL, which does not work on network disks. A URL or connection string is rejected: use `connection` for a
   * database server.
   *
   * @default './sessions.sqlite'
   */
  readonly storagePath?: string | undefined;

  /**
   * Name of the session table: a letter or underscore, then letters, digits and underscores, at most 63.
   *
   * @default 'server_sessions'; for a kind such as `staff`: 'server_sessions_staff'
   */
  readonly tableName?: string | undefined;

  /**
   * Creates the table at start if it is missing, and never changes an existing one. Use `false` with migrations. The
   * columns are checked in both cases.
   *
   * @default true
   */
  readonly synchronize?: boolean | undefined;

  /**
   * Milliseconds that each database call may take, including the wait for a connection (at start at least 30,000). Then
   * the call fails with `SessionStoreError`, and a connection that it still uses is dropped from the pool, since its route
   * may be dead.
   *
   * @default 2000
   */
  readonly timeout?: number | undefined;

  /**
   * Which failures a write to the embedded SQLite database survives: with `'normal'` a killed process, with `'full'` also
   * a power cut. With `'full'`, only about a third of the writes per second are possible.
   *
   * @default 'normal'
   */
  readonly durability?: 'normal' | 'full' | undefined;

  /**
   * What runs the embedded SQLite: `'node'` is `node:sqlite` of Node `^22.23.0 || >=24.15.0`, `'sqlite3'` the package
   * `sqlite3`. If the application opens the file itself, both must use the same one.
   *
   * @default 'sqlite3' if it is installed or Node is older, otherwise 'node'
   */
  readonly sqliteDriver?: 'node' | 'sqlite3' | undefined;
}

/** `StoreOptions` with its defaults, checked. */
export interface ResolvedStoreOptions {
  /** The kind of the sessions that are stored. */
  readonly kind: string;
  readonly storagePath: string;
  readonly tableName: string | undefined;
  readonly synchronize: boolean;
  readonly timeout: number;
  readonly durability: 'normal' | 'full';
  readonly sqliteDriver: StoreOptions['sqliteDriver'];
  /** Keeps the journal mode of the embedded file. Commands set this, since the file belongs to the application. */
  readonly keepJournalMode?: boolean;
  /** KiB of the embedded file that each handle keeps in memory; less in commands, which read it once. */
  readonly pageCache?: number;
}

export const STORE_OPTION_NAMES = [
  'storagePath',
  'tableName',
  'synchronize',
  'timeout',
  'durability',
  'sqliteDriver',
] as const satisfies readonly (keyof StoreOptions)[];

/** @throws SessionsConfigurationError */
export function resolveStoreOptions(
  options: StoreOptions,
  kind: string = DEFAULT_KIND,
): ResolvedStoreOptions {
  const { storagePath = './sessions.sqlite', synchronize = true } = options;
  const { tableName = defaultTable(kind) } = options;
  const { timeout = 2000, durability = 'normal', sqliteDriver } = options;
  if (typeof storagePath !== 'string' || storagePath === '' || storagePath.includes('\0')) {
    throw invalidOption('storagePath', storagePath, "the path of a file, or ':memory:'");
  }
  requirePath('storagePath', storagePath);
  if (tableName !== undefined && !isTableName(tableName)) {
    throw invalidOption('tableName', tableName, TABLE_NAME_FORM);
  }
  return {
    kind,
    storagePath,
    tableName,
    synchronize: checkBoolean('synchronize', synchronize),
    timeout: checkInteger('timeout', timeout, 10, 10 * 60 * 1000),
    durability: checkOneOf('durability', durability, ['normal', 'full']),
    sqliteDriver:
      sqliteDriver === undefined
        ? undefined
        : checkOneOf('sqliteDriver', sqliteDriver, ['node', 'sqlite3']),
  };
}

/** Returns the default table of a named kind. For `SessionsModule`, the model names it, which can be the application's. */
function defaultTable(kind: string): string | undefined {
  return kind === DEFAULT_KIND ? undefined : `server_sessions_${kind.replaceAll('-', '_')}`;
}

export const TABLE_NAME_FORM =
  'a letter or underscore, then letters, digits and underscores, at most 63 in all';

/** Returns whether a table can have this name, as `TABLE_NAME_FORM` says. */
export function isTableName(name: unknown): boolean {
  return typeof name === 'string' && /^[A-Za-z_]\w{0,62}$/.test(name);
}
