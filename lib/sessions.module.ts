import {
  Inject,
  Logger,
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import type { Sequelize } from 'sequelize';
import { ownOptions } from './common/checks.js';
import { errorText } from './common/error-text.js';
import { RequestSessions } from './http/request/request-sessions.js';
import { SessionGuard } from './http/guard/session.guard.js';
import { SessionService } from './manager/session-service.js';
import { SessionManager } from './manager/session-manager.js';
import { SessionWatch } from './manager/watch/session-watch.js';
import {
  ConfigurableModuleClass,
  CONNECTION,
  IS_EMBEDDED,
  MODULE_OPTIONS_TOKEN,
  RESOLVED_OPTIONS,
  type SessionsModuleExtras,
} from './sessions.module-definition.js';
import type { ResolvedSessionsOptions, SessionsModuleOptions } from './sessions.options.js';
import { StartReport } from './start-report.js';
import { SequelizeSessionStore } from './store/sequelize-session-store.js';

/**
 * Options of `SessionsModule.forRootAsync`: `useFactory`, `useClass` or `useExisting`, with `inject` and `imports`, and
 * `connection` and `isGlobal`, which no factory can return.
 *
 * @publicApi
 */
export type SessionsModuleAsyncOptions = ConfigurableModuleAsyncOptions<
  SessionsModuleOptions,
  'createSessionsOptions'
> &
  SessionsModuleExtras;

const ASYNC_OPTION_NAMES = [
  'imports',
  'inject',
  'useFactory',
  'useClass',
  'useExisting',
  'provideInjectionTokensFrom',
  'connection',
  'isGlobal',
] as const satisfies readonly (keyof SessionsModuleAsyncOptions)[];

/**
 * The interface of a class for `useClass` or `useExisting`.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class SessionsConfig implements SessionsOptionsFactory {
 *   createSessionsOptions() { return { rolling: true }; }
 * }
 * ```
 * @publicApi
 */
export interface SessionsOptionsFactory {
  /** Returns the options. Nest calls it once, while the application starts. */
  createSessionsOptions(): Promise<SessionsModuleOptions> | SessionsModuleOptions;
}

const logger = new Logger('SessionsModule');

const onBackgroundError = (problem: string, error: unknown) =>
  logger.error(`${problem}: ${errorText(error)}`);

const warn = (warning: string) => logger.warn(warning);

const SESSION_MODEL = Symbol('session model');

/**
 * Returns the injection token of the module's options, for tests that replace all of them. `overrideSessionsOptions` of
 * `nestjs-server-sessions/testing` replaces single ones.
 *
 * @example
 * ```ts
 * Test.createTestingModule({ imports: [AppModule] })
 *   .overrideProvider(getSessionsOptionsToken())
 *   .useValue({ storagePath: ':memory:', cookie: { secure: false } });
 * ```
 * @publicApi
 */
export const getSessionsOptionsToken = (): string | symbol => MODULE_OPTIONS_TOKEN;

/**
 * Injects the model of the session table: `SessionEntity`, or a subclass of it if `SessionEntity` belongs to another
 * connection.
 *
 * @example
 * ```ts
 * constructor(@InjectSessionModel() private readonly sessions: typeof SessionEntity) {}
 * ```
 * @publicApi
 */
export const InjectSessionModel = (): PropertyDecorator & ParameterDecorator =>
  Inject(SESSION_MODEL);

/**
 * The module for server-side sessions. Import it once, in the root module. It is global unless `isGlobal` is `false`.
 *
 * @publicApi
 */
@Module({
  providers: [
    {
      provide: SequelizeSessionStore,
      inject: [CONNECTION, RESOLVED_OPTIONS, IS_EMBEDDED],
      useFactory: (sequelize: Sequelize, { store }: ResolvedSessionsOptions, embedded: boolean) =>
        SequelizeSessionStore.open(sequelize, store, embedded, warn),
    },
    {
      provide: SESSION_MODEL,
      inject: [SequelizeSessionStore],
      useFactory: ({ model }: SequelizeSessionStore) => model,
    },
    {
      provide: SessionService,
      inject: [SequelizeSessionStore, RESOLVED_OPTIONS],
      useFactory: (store: SequelizeSessionStore, { manager }: ResolvedSessionsOptions) =>
        new SessionService(store, manager, onBackgroundError, warn),
    },
    {
      provide: SessionManager,
      inject: [SessionService],
      useFactory: (sessions: SessionService) => new SessionManager(sessions),
    },
    {
      provide: SessionWatch,
      inject: [SessionManager],
      useFactory: (manager: SessionManager) => new SessionWatch(manager),
    },
    {
      provide: RequestSessions,
      inject: [SessionService, RESOLVED_OPTIONS, HttpAdapterHost, ApplicationConfig],
      useFactory: (
        sessions: SessionService,
        { http, manager }: ResolvedSessionsOptions,
        host: HttpAdapterHost,
        config: ApplicationConfig,
      ) =>
        new RequestSessions(sessions, http, manager.acceptLegacyTokens, host, () =>
          config.getGlobalPrefix(),
        ),
    },
    SessionGuard,
    StartReport,
  ],
  exports: [SessionManager, SessionWatch, SessionGuard, SESSION_MODEL],
})
export class SessionsModule
  extends ConfigurableModuleClass
  implements NestModule, OnApplicationBootstrap, OnApplicationShutdown
{
  readonly #sessions: SessionService;
  readonly #requests: RequestSessions;

  /** @internal */
  constructor(sessions: SessionService, requests: RequestSessions) {
    super();
    this.#sessions = sessions;
    this.#requests = requests;
  }

  /**
   * Configures sessions with these options. The default is an embedded database at `./sessions.sqlite`.
   *
   * @throws SessionsConfigurationError at start-up if an option is wrong
   * @example
   * ```ts
   * @Module({ imports: [SessionsModule.forRoot({ storagePath: './data/sessions.sqlite' })] })
   * export class AppModule {}
   * ```
   */
  static override forRoot(
    options: SessionsModuleOptions & SessionsModuleExtras = {},
  ): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Configures sessions with options that a factory or a class returns at start-up.
   *
   * @throws SessionsConfigurationError at start-up if an option is wrong
   * @example
   * ```ts
   * SessionsModule.forRootAsync({
   *   connection: 'default',
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ expireTime: Number(config.getOrThrow('SESSION_MS')) }),
   * })
   * ```
   */
  static override forRootAsync(options: SessionsModuleAsyncOptions): DynamicModule {
    return super.forRootAsync(
      ownOptions('SessionsModule.forRootAsync', options, ASYNC_OPTION_NAMES),
    );
  }

  /** Adds the module's own route, if an option needs one. */
  configure(): void {
    this.#requests.addRoutes();
  }

  /** Starts the cleanup. */
  onApplicationBootstrap(): void {
    this.#sessions.startCleanup();
  }

  /** Closes the manager, and the embedded database. */
  async onApplicationShutdown(): Promise<void> {
    await this.#sessions.close();
  }
}
