import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { DriverOptions } from './driver-options.js';
import { SESSION_STATUS_PLUGIN, withSessionCodes } from './error-codes.js';

/** The name of the token by which `GraphQLModule` provides its driver. */
const DRIVER = 'AbstractGraphQLDriver';

/** The part of a driver of @nestjs/graphql that is used. */
interface Driver {
  /** `GraphQLModule` calls it once, with the options of the application. */
  mergeDefaultOptions(options: DriverOptions, ...rest: unknown[]): Promise<DriverOptions>;
}

/** Prepares the drivers of an application for sessions, before they start. */
@Injectable()
export class GraphqlDrivers implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  onModuleInit(): void {
    for (const { providers } of this.modules.values()) {
      for (const [token, { instance }] of providers) {
        if (typeof token === 'function' && token.name === DRIVER) {
          prepare(instance as Driver);
        }
      }
    }
  }
}

function prepare(driver: Driver): void {
  const mergeDefaultOptions = driver.mergeDefaultOptions.bind(driver);
  driver.mergeDefaultOptions = (options, ...rest) =>
    mergeDefaultOptions(withSessions(options), ...rest);
}

function withSessions(options: DriverOptions): DriverOptions {
  const { formatError, plugins = [], preserveHttpStatusForExecutionErrors } = options;
  return {
    ...options,
    formatError: withSessionCodes(formatError),
    ...(preserveHttpStatusForExecutionErrors === false && {
      plugins: [...plugins, SESSION_STATUS_PLUGIN],
    }),
  };
}
