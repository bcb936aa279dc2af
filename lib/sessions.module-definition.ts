import {
  ConfigurableModuleBuilder,
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { getConnectionToken, SequelizeModule } from '@nestjs/sequelize';
import type { Sequelize } from 'sequelize';
import { checkBoolean, invalidOption } from './common/checks.js';
import { SessionsConfigurationError } from './common/session-error.js';
import type { KindTokens } from './kind-providers.js';
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

/**
 * Options of `forRootAsync`: `useFactory`, `useClass` or `useExisting`, with `inject` and `imports`, and `connection` and
 * `isGlobal`, which no factory can return.
 *
 * @typeParam T type of the sessions' data
 * @publicApi
 */
export type SessionsModuleAsyncOptions<T = any> = ConfigurableModuleAsyncOptions<
  SessionsModuleOptions<T>,
  'createSessionsOptions'
> &
  SessionsModuleExtras;

/** Provides only the options, so that the module and its embedded connection can both import them. */
@Module({})
class SessionsOptionsModule {}

/** The static methods of the class that Nest's `ConfigurableModuleBuilder` builds. */
interface BuiltModule {
  forRoot(options: SessionsModuleOptions & SessionsModuleExtras): DynamicModule;
  forRootAsync(options: SessionsModuleAsyncOptions): DynamicModule;
}

/** Returns a new class whose `forRoot` and `forRootAsync` make the module of a kind of sessions. */
export function configurableModule(tokens: KindTokens): Type<object> & BuiltModule {
  return new ConfigurableModuleBuilder<SessionsModuleOptions>({
    optionsInjectionToken: tokens.given,
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSessionsOptions')
    .setExtras<SessionsModuleExtras>(
      { isGlobal: true, connection: undefined },
      (definition, extras) => withConnection(tokens, definition, extras),
    )
    .build().ConfigurableModuleClass as Type<object> & BuiltModule;
}

function withConnection(
  tokens: KindTokens,
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
      { provide: tokens.overrides, useValue: null },
      {
        provide: tokens.resolved,
        inject: [tokens.given, tokens.overrides],
        useFactory: (given: SessionsModuleOptions, overrides: SessionsModuleOptions | null) =>
          resolveSessionsOptions(
            overrides ? { ...given, ...overrides } : given,
            connection,
            tokens.kind,
          ),
      },
    ],
    exports: [tokens.resolved],
  };
  const embedded = SequelizeModule.forRootAsync({
    name: tokens.embedded,
    imports: [options],
    inject: [tokens.resolved],
    useFactory: ({ store }: ResolvedSessionsOptions) => ({
      ...embeddedSqlite(store),
      name: tokens.embedded,
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
      connectionProvider(tokens, connection),
      { provide: tokens.isEmbedded, useValue: connection === undefined },
    ],
  };
}

function checkConnection(connection: unknown): void {
  if (typeof connection === 'string' && connection.includes('://')) {
    throw new SessionsConfigurationError(
      'connection must be the name of a SequelizeModule connection or a Sequelize instance, got a URL. ' +
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

function connectionProvider(
  tokens: KindTokens,
  connection: string | Sequelize = tokens.embedded,
): Provider {
  if (typeof connection !== 'string') {
    return { provide: tokens.connection, useValue: connection };
  }
  return {
    provide: tokens.connection,
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
