import {
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { Sequelize } from 'sequelize';
import { ownOptions } from './common/checks.js';
import { errorText } from './common/error-text.js';
import { nameOfKind } from './common/kind.js';
import { DistinctKinds } from './distinct-kinds.js';
import { RequestSessions } from './http/request/request-sessions.js';
import type { KindClasses, KindTokens } from './kind-providers.js';
import { SessionService } from './manager/session-service.js';
import { SessionManager } from './manager/session-manager.js';
import {
  configurableModule,
  type SessionsModuleAsyncOptions,
} from './sessions.module-definition.js';
import type { SessionsModuleExtras } from './sessions.module-definition.js';
import type { ResolvedSessionsOptions, SessionsModuleOptions } from './sessions.options.js';
import { StartReport } from './start-report.js';
import { SequelizeSessionStore } from './store/sequelize-session-store.js';

/**
 * A module for one kind of sessions, such as `SessionsModule`.
 *
 * @typeParam T type of the sessions' data
 * @publicApi
 */
export interface SessionsModuleClass<T = any> extends Type<object> {
  /**
   * Configures the sessions with these options. All have defaults.
   *
   * @throws SessionsConfigurationError at start-up if an option is wrong
   */
  forRoot(options?: SessionsModuleOptions<T> & SessionsModuleExtras): DynamicModule;
  /**
   * Configures the sessions with options that a factory or a class returns at start-up.
   *
   * @throws SessionsConfigurationError at start-up if an option is wrong
   */
  forRootAsync(options: SessionsModuleAsyncOptions<T>): DynamicModule;
}

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

/** Returns a new class for the module of a kind of sessions, with all that belongs to the kind. */
export function sessionsModule(
  tokens: KindTokens,
  { Manager, Watch, Guard }: KindClasses,
): SessionsModuleClass {
  const { kind } = tokens;
  const logger = new Logger(nameOfKind(kind, 'SessionsModule', () => `SessionsModule (${kind})`));
  const warn = (warning: string) => logger.warn(warning);
  const onBackgroundError = (problem: string, error: unknown) =>
    logger.error(`${problem}: ${errorText(error)}`);
  const forRootAsync = nameOfKind(kind, 'SessionsModule.forRootAsync', () => 'Module.forRootAsync');

  @Module({
    providers: [
      {
        provide: SequelizeSessionStore,
        inject: [tokens.connection, tokens.resolved, tokens.isEmbedded],
        useFactory: (sequelize: Sequelize, { store }: ResolvedSessionsOptions, embedded: boolean) =>
          SequelizeSessionStore.open(sequelize, store, embedded, warn),
      },
      {
        provide: tokens.model,
        inject: [SequelizeSessionStore],
        useFactory: ({ model }: SequelizeSessionStore) => model,
      },
      {
        provide: SessionService,
        inject: [SequelizeSessionStore, tokens.resolved],
        useFactory: (store: SequelizeSessionStore, { manager }: ResolvedSessionsOptions) =>
          new SessionService(store, manager, onBackgroundError, warn),
      },
      {
        provide: Manager,
        inject: [SessionService],
        useFactory: (sessions: SessionService) => new Manager(sessions),
      },
      {
        provide: Watch,
        inject: [Manager],
        useFactory: (manager: SessionManager) => new Watch(manager),
      },
      {
        provide: RequestSessions,
        inject: [SessionService, tokens.resolved, HttpAdapterHost, ApplicationConfig],
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
      {
        provide: DistinctKinds,
        inject: [HttpAdapterHost, tokens.resolved, SequelizeSessionStore],
        useFactory: (
          application: HttpAdapterHost,
          { http }: ResolvedSessionsOptions,
          store: SequelizeSessionStore,
        ) => new DistinctKinds(application, kind, http, store),
      },
      {
        provide: StartReport,
        inject: [
          tokens.connection,
          tokens.isEmbedded,
          tokens.resolved,
          ModuleRef,
          ModulesContainer,
        ],
        useFactory: (
          connection: Sequelize,
          isEmbedded: boolean,
          options: ResolvedSessionsOptions,
          modules: ModuleRef,
          allModules: ModulesContainer,
        ) => new StartReport(logger, kind, connection, isEmbedded, options, modules, allModules),
      },
      Guard,
    ],
    exports: [Manager, Watch, Guard, tokens.model],
  })
  class KindModule
    extends configurableModule(tokens)
    implements NestModule, OnApplicationBootstrap, OnApplicationShutdown
  {
    readonly #sessions: SessionService;
    readonly #requests: RequestSessions;

    constructor(
      @Inject(SessionService) sessions: SessionService,
      @Inject(RequestSessions) requests: RequestSessions,
    ) {
      super();
      this.#sessions = sessions;
      this.#requests = requests;
    }

    static override forRoot(
      options: SessionsModuleOptions & SessionsModuleExtras = {},
    ): DynamicModule {
      return super.forRoot(options);
    }

    static override forRootAsync(options: SessionsModuleAsyncOptions): DynamicModule {
      return super.forRootAsync(ownOptions(forRootAsync, options, ASYNC_OPTION_NAMES));
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

  return KindModule;
}
