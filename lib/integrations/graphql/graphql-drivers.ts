import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import {
  guardUpgradedSockets,
  type UpgradingServer,
} from '../../http/connection/upgraded-sockets.js';
import { asOperation } from '../../http/source/graphql-request.js';
import type { SessionRequest } from '../../http/http-types.js';
import { withApolloSockets } from './apollo-subscriptions.js';
import type { ContextFactory, DriverOptions } from './driver-options.js';
import { SESSION_STATUS_PLUGIN, withSessionCodes } from './error-codes.js';
import { withMercuriusSockets } from './mercurius-subscriptions.js';
import { requireGuardedFields } from './unguarded-fields.js';

/** The name of the token by which `GraphQLModule` provides its driver. */
const DRIVER = 'AbstractGraphQLDriver';

/** The part of a driver of @nestjs/graphql that is used. */
interface Driver {
  /** `GraphQLModule` calls it once, with the options of the application. It fills in the defaults. */
  mergeDefaultOptions(options: DriverOptions, ...rest: unknown[]): Promise<DriverOptions>;
}

/** Prepares the drivers of an application for sessions, before they start. */
@Injectable()
export class GraphqlDrivers implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  onModuleInit(): void {
    for (const { providers } of this.modules.values()) {
      for (const [token, { instance }] of providers) {
        if (typeof token === 'function' && token.name === DRIVER) {
          this.#prepare(instance as Driver);
        }
      }
    }
  }

  #prepare(driver: Driver): void {
    const mergeDefaultOptions = driver.mergeDefaultOptions.bind(driver);
    driver.mergeDefaultOptions = async (options, ...rest) => {
      requireGuardedFields(this.modules, options);
      const merged = await mergeDefaultOptions(withErrors(options), ...rest);
      return this.#withSockets(merged, driver.constructor.name);
    };
  }

  /** Returns the HTTP server; `undefined` if the application has none. */
  #httpServer(): UpgradingServer | undefined {
    const { httpAdapter } = this.adapterHost as Partial<HttpAdapterHost>;
    return httpAdapter?.getHttpServer() as UpgradingServer | undefined;
  }

  /**
   * Adds sessions to options that have their defaults.
   *
   * @param driver its name
   */
  #withSockets(options: DriverOptions, driver: string): DriverOptions {
    const { context, installSubscriptionHandlers, subscription } = options;
    const { subscriptions = installSubscriptionHandlers ? { 'graphql-ws': true } : undefined } =
      options;
    const overApollo = subscriptions?.['graphql-ws'];
    const instance = () => this.adapterHost.httpAdapter.getInstance<object>();
    const httpServer = this.#httpServer();
    if (subscriptions && httpServer) {
      // `ApolloDriver` adds a listener that ignores the sockets of other paths. `ApolloGatewayDriver` adds none.
      guardUpgradedSockets(httpServer, driver === 'ApolloDriver' ? 1 : 0);
    }
    return {
      ...options,
      ...(context && { context: withoutStarts(context) }),
      ...(overApollo && {
        subscriptions: {
          ...subscriptions,
          'graphql-ws': withApolloSockets(optionsOf(overApollo), context, instance),
        },
      }),
      ...(subscription && {
        subscription: withMercuriusSockets(optionsOf(subscription)),
      }),
    };
  }
}

function withErrors(options: DriverOptions): DriverOptions {
  const { formatError, plugins = [], preserveHttpStatusForExecutionErrors } = options;
  return {
    ...options,
    formatError: withSessionCodes(formatError),
    ...(preserveHttpStatusForExecutionErrors === false && {
      plugins: [...plugins, SESSION_STATUS_PLUGIN],
    }),
  };
}

/** Marks the request of an operation, for `getCurrentSession(request)` in a service. */
const withoutStarts =
  (context: ContextFactory): ContextFactory =>
  (...args) => {
    const [first] = args as [{ readonly req?: SessionRequest } & SessionRequest];
    asOperation(first.req ?? first);
    return context(...args);
  };

const optionsOf = <Options extends object>(options: Options | true): Options | object =>
  options === true ? {} : options;
