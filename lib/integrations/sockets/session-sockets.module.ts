import { Module, type DynamicModule } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ownOptions } from '../../common/checks.js';
import {
  resolveCsrfOptions,
  type CsrfOptions,
  type ResolvedCsrfOptions,
} from '../../http/transport/cross-origin.js';
import { SessionSockets } from './session-sockets.js';
import { loadWsException } from './ws-exception.js';

/**
 * Options of `SessionSocketsModule`.
 *
 * @publicApi
 */
export interface SessionSocketsOptions {
  /**
   * Which pages may open a socket. `false` allows pages of all origins, also with the visitor's cookie: a page of a stranger
   * can then act as the visitor.
   *
   * @default `csrf` of `SessionsModule`; `{ trustedOrigins: [] }` if that is `false`
   */
  readonly csrf?: CsrfOptions | false | undefined;
}

const CSRF = Symbol('csrf of sockets');

/**
 * Gives gateways of Socket.IO and `ws` the sessions of `SessionsModule`: `SessionGuard`, the decorators and
 * `getCurrentSession(client)` work in their handlers. The session of a connection is checked before any handler sees it.
 * When the session ends, in this process or another, the connection is closed.
 *
 * @example
 * ```ts
 * @Module({ imports: [SessionsModule.forRoot(), SessionSocketsModule], providers: [ChatGateway] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({
  providers: [
    {
      provide: SessionSockets,
      inject: [
        ModulesContainer,
        HttpAdapterHost,
        ApplicationConfig,
        { token: CSRF, optional: true },
      ],
      useFactory: async (
        modules: ModulesContainer,
        adapterHost: HttpAdapterHost,
        config: ApplicationConfig,
        csrf: ResolvedCsrfOptions | false | undefined,
      ) => new SessionSockets(modules, adapterHost, config, csrf, await loadWsException()),
    },
  ],
})
export class SessionSocketsModule {
  /**
   * Configures sockets with these options. Without options, import the class itself.
   *
   * @throws SessionsConfigurationError if an option is wrong
   * @example
   * ```ts
   * SessionSocketsModule.forRoot({ csrf: { trustedOrigins: ['https://app.example.com'] } })
   * ```
   */
  static forRoot(options: SessionSocketsOptions = {}): DynamicModule {
    const { csrf } = ownOptions('SessionSocketsModule', options, ['csrf']);
    const resolved = csrf === undefined ? undefined : (resolveCsrfOptions(csrf) ?? false);
    return { module: SessionSocketsModule, providers: [{ provide: CSRF, useValue: resolved }] };
  }
}
