import type { Sequelize } from 'sequelize';
import { ownOptions } from './common/checks.js';
import { errorText } from './common/error-text.js';
import { SessionsConfigurationError } from './common/session-error.js';
import { SessionService } from './manager/session-service.js';
import { SessionManager } from './manager/session-manager.js';
import { MANAGER_OPTION_NAMES, type ManagerOptions } from './manager/manager.options.js';
import { resolveSessionsOptions } from './sessions.options.js';
import { connectSqlite } from './store/embedded-sqlite.js';
import { SequelizeSessionStore } from './store/sequelize-session-store.js';
import { STORE_OPTION_NAMES, type StoreOptions } from './store/store.options.js';

/**
 * Options of `init()`: the options of the module, without those that concern requests.
 *
 * @publicApi
 */
export interface InitOptions<T = any> extends ManagerOptions<T>, StoreOptions {
  /** A `Sequelize` instance, which `close()` leaves open. Default: an embedded SQLite database at `storagePath`. */
  readonly connection?: Sequelize | undefined;
}

const INIT_OPTION_NAMES = ['connection', ...MANAGER_OPTION_NAMES, ...STORE_OPTION_NAMES] as const;

/**
 * Returns a `SessionManager` without Nest, for scripts and other frameworks. Call its `close()` at the end.
 *
 * @throws SessionsConfigurationError, SessionStoreError
 * @example
 * ```ts
 * const sessions = await init<ShopSession>({ storagePath: './sessions.sqlite' });
 * const token = await sessions.createSession({ basket: [] });
 * ```
 * @publicApi
 */
export async function init<T = any>(given: InitOptions<T> = {}): Promise<SessionManager<T>> {
  const { connection, ...options } = ownOptions(
    'init',
    given,
    INIT_OPTION_NAMES,
    'The options of init()',
  );
  if (connection !== undefined && typeof connection?.query !== 'function') {
    throw new SessionsConfigurationError(
      'connection must be a Sequelize instance in init(). Only SessionsModule accepts the name of a connection.',
    );
  }
  const { store, manager } = resolveSessionsOptions(options, connection);
  const embedded = connection === undefined;
  const sequelize = connection ?? connectSqlite(store);
  const opened = await SequelizeSessionStore.open(sequelize, store, embedded, warn);
  const sessions = new SessionService<T>(opened, manager, onBackgroundError, warn);
  sessions.startCleanup();
  return new SessionManager<T>(sessions);
}

/** Warns of an error in the background, which no caller gets. */
function onBackgroundError(problem: string, error: unknown): void {
  warn(`${problem}: ${errorText(error)}`);
}

function warn(message: string): void {
  process.emitWarning(message, { code: 'NESTJS_SERVER_SESSIONS' });
}
