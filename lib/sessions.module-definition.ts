import {
  ConfigurableModuleBuilder,
  Module,
  type DynamicModule,
  type Provider,
} from '@nestjs/common';
import { getConnectionToken, SequelizeModule } from '@nestjs/sequelize';
import type { Sequelize } from 'sequelize';
import { checkBoolean, invalidOption } from './common/checks.js';
import { SessionsConfigurationError } from './common/session-error.js';
import { embeddedSqlite } from './store/embedded-sqlite.js';
import {
  resolveSessionsOptions,
  type ResolvedSessionsOptions,
  type SessionsModuleOptions,
} from './sessions.options.js';

/**
 * Options of `forRoot` and `forRootAsync` themselves. No factory can return them, since they decide what the module
 * imports.
 *
 * @publicApi
 */
export interface SessionsModuleExtras {
  /**
   * Whether the module's providers can be injected everywhere.
   *
   * @default true
   */
  readonly isGlobal?: boolean | undefined;

  /**
   * The database of the sessions: the name of a `SequelizeModule` connection (`'default'` for the unnamed one), or a
   * `Sequelize` instance, which the application closes itself.
   *
   * @default none: an embedded SQLite database at `storagePath`
   */
  readonly connection?: string | Sequelize | undefined;
}

/** Name of the `SequelizeModule` connection to the embedded database. */
const EMBEDDED = 'nestjs-server-sessions';

/** The options with their defaults, checked. */
export const RESOLVED_OPTIONS = Symbol('sessions options');

/** The Sequelize connection to the database of the sessions. */
export const CONNECTION = Symbol('sessions connection');

/** Whether that database is the embedded one. */
export const IS_EMBEDDED = Symbol('sessions are embedded');

/** Options that a test replaces, one by one (docs/adr/0030-a-test-replaces-single-options.md); `null` in an application. */
export const OPTION_OVERRIDES = Symbol('sessions option overrides');

/** Provides only the options, so that the module and its embedded connection can both import them. */
@Module({})
class SessionsOptionsModule {}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<SessionsModuleOptions>({
    optionsInjectionToken: Symbol('sessions module options'),
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSessionsOptions')
    .setExtras<SessionsModuleExtras>({ isGlobal: true, connection: undefined }, withConnection)
    .build();

function withConnection(
  { module, imports, providers }: DynamicModule,
  { isGlobal = true, connection }: SessionsModuleExtras,
): DynamicModule {
  checkBoolean('isGlobal', isGlobal);
  checkConnection(connection);
  const options: DynamicModule = {
    module: SessionsOptionsModule,
    imports: imports ?? [],
    providers: [
      ...(providers ?? []),
      { provide: OPTION_OVERRIDES, useValue: null },
      {
        provide: RESOLVED_OPTIONS,
        inject: [MODULE_OPTIONS_TOKEN, OPTION_OVERRIDES],
        useFactory: (given: SessionsModuleOptions, overrides: SessionsModuleOptions | null) =>
          resolveSessionsOptions(overrides ? { ...given, ...overrides } : given, connection),
      },
    ],
    exports: [RESOLVED_OPTIONS],
  };
  const embedded = SequelizeModule.forRootAsync({
    name: EMBEDDED,
    imports: [options],
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ store }: ResolvedSessionsOptions) => ({
      ...embeddedSqlite(store),
      name: EMBEDDED,
      retryAttempts: 1,
      // The store closes its handles one by one, after the last statement.
      autoCloseConnection: false,
    }),
  });
  return {
    module,
    global: isGlobal,
    imports: [options, ...(connection === undefined ? [embedded] : [])],
    providers: [
      connectionProvider(connection),
      { provide: IS_EMBEDDED, useValue: connection === undefined },
    ],
  };
}

function checkConnection(connection: unknown): void {
  if (typeof connection === 'string' && connection.includes('://')) {
    throw new SessionsConfigurationError(
      'connection must be the name of a SequelizeModule connection or a Sequelize instance; it is a URL. ' +
        'Pass new Sequelize(url).',
    );
  }
  const isName = typeof connection === 'string' && connection !== '';
  const isInstance = typeof (connection as Sequelize | null)?.getQueryInterface === 'function';
  if (connection !== undefined && !isName && !isInstance) {
    throw invalidOption(
      'connection',
      connection,
      "the name of a SequelizeModule connection ('default' for the unnamed one) or a Sequelize instance",
    );
  }
}

function connectionProvider(connection: string | Sequelize = EMBEDDED): Provider {
  if (typeof connection !== 'string') {
    return { provide: CONNECTION, useValue: connection };
  }
  return {
    provide: CONNECTION,
    inject: [{ token: getConnectionToken(connection), optional: true }],
    useFactory: (sequelize: Sequelize | undefined) => {
      if (!sequelize) {
        throw new SessionsConfigurationError(
          'The application has no SequelizeModule connection with the name that `connection` gives. ' +
            "Pass that name to SequelizeModule.forRoot(), or use 'default' for the connection without a name.",
        );
      }
      return sequelize;
    },
  };
}
