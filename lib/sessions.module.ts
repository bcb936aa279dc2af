import { Inject, type DynamicModule } from '@nestjs/common';
import { DEFAULT_CLASSES, DEFAULT_TOKENS } from './kind-providers.js';
import { sessionsModule } from './sessions.module-base.js';
import type {
  SessionsModuleAsyncOptions,
  SessionsModuleExtras,
} from './sessions.module-definition.js';
import type { SessionsModuleOptions } from './sessions.options.js';

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
export const getSessionsOptionsToken = (): string | symbol => DEFAULT_TOKENS.given;

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
  Inject(DEFAULT_TOKENS.model);

/**
 * The module for server-side sessions. Import it once, in the root module. It is global unless `isGlobal` is `false`.
 *
 * @publicApi
 */
export class SessionsModule extends sessionsModule(DEFAULT_TOKENS, DEFAULT_CLASSES) {
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
  static override forRoot(options?: SessionsModuleOptions & SessionsModuleExtras): DynamicModule {
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
    return super.forRootAsync(options);
  }
}
