import { ownOptions } from './common/checks.js';
import { DEFAULT_KIND } from './common/kind.js';
import { SessionsConfigurationError } from './common/session-error.js';
import {
  HTTP_OPTION_NAMES,
  resolveHttpOptions,
  type HttpOptions,
  type ResolvedHttpOptions,
} from './http/http.options.js';
import {
  MANAGER_OPTION_NAMES,
  resolveManagerOptions,
  type ManagerOptions,
  type ResolvedManagerOptions,
} from './manager/manager.options.js';
import {
  resolveStoreOptions,
  STORE_OPTION_NAMES,
  type ResolvedStoreOptions,
  type StoreOptions,
} from './store/store.options.js';

/**
 * All options of the module. Each has a default; all times are in milliseconds. `connection` and `isGlobal` are set
 * beside them, in `forRoot` and `forRootAsync` themselves.
 *
 * @publicApi
 */
export interface SessionsModuleOptions<T = any>
  extends ManagerOptions<T>, StoreOptions, HttpOptions {}

/** The options of the manager, the store and HTTP, checked and with their defaults. */
export interface ResolvedSessionsOptions {
  readonly manager: ResolvedManagerOptions;
  readonly store: ResolvedStoreOptions;
  readonly http: ResolvedHttpOptions;
}

/** What decides which modules are imported: Nest takes them out of the options of `forRoot()`. */
const EXTRA_NAMES = ['connection', 'isGlobal'] as const;
const OPTION_NAMES = [
  ...EXTRA_NAMES,
  ...MANAGER_OPTION_NAMES,
  ...STORE_OPTION_NAMES,
  ...HTTP_OPTION_NAMES,
];

/** Options of the embedded database, which have no effect on another one. */
const EMBEDDED_ONLY = ['storagePath', 'durability', 'sqliteDriver'] as const;

/**
 * Checks all options and fills in their defaults, once.
 *
 * @param connection the application's database for the sessions; `undefined` for the embedded one
 * @param kind the kind of sessions that the options are for
 * @throws SessionsConfigurationError; it names the first wrong option and what it must be
 */
export function resolveSessionsOptions(
  given: SessionsModuleOptions,
  connection: unknown,
  kind: string = DEFAULT_KIND,
): ResolvedSessionsOptions {
  const extra = EXTRA_NAMES.find((name) => Object.hasOwn(Object(given), name));
  if (extra !== undefined) {
    throw new SessionsConfigurationError(
      `${extra} can't come from a factory or from overrideSessionsOptions(), since it decides how the module is imported. ` +
        'Pass it to forRoot() or to forRootAsync() itself, beside useFactory.',
    );
  }
  const options = ownOptions(
    'SessionsModule',
    given,
    OPTION_NAMES,
    'The options of SessionsModule',
  );
  const useless = EMBEDDED_ONLY.find((name) => options[name] !== undefined);
  if (connection !== undefined && useless !== undefined) {
    throw new SessionsConfigurationError(
      `${useless} is for the embedded database, but connection sets another database. Remove one of the two options.`,
    );
  }
  return {
    manager: resolveManagerOptions(options, kind),
    store: resolveStoreOptions(options, kind),
    http: resolveHttpOptions(options, kind),
  };
}
