import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import { describe } from '@jest/globals';
import {
  Module,
  type DynamicModule,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { getConnectionToken } from '@nestjs/sequelize';
import cookieParser from 'cookie-parser';
import { SessionManager, SessionsModule, type SessionsModuleOptions } from 'nestjs-server-sessions';
import type { Sequelize } from 'sequelize';
import supertest from 'supertest';
import { isChosen, requireKnown } from '../runner/chosen-suites.js';
import { LONG_TIMEOUT_MS } from '../databases/long-timeout.js';
import { RecordingLogger } from './recording-logger.js';
import { statementsOf } from '../databases/statement-listener.js';
import { TestClock } from '../sessions/test-clock.js';

/** An HTTP framework under Nest, with or without the cookie plugin that many applications have. */
export interface TestAdapter {
  readonly name: string;
  readonly framework: 'express' | 'fastify';
  readonly parsesCookies: boolean;
  create(): AbstractHttpAdapter;
  prepare(app: INestApplication): Promise<void>;
}

export interface TestAppOptions<T = any> extends ModuleMetadata {
  /** Options of `SessionsModule`, in addition to `storagePath: ':memory:'` and a clock that stands still. */
  readonly options?: SessionsModuleOptions<T>;
  /** Replaces `SessionsModule.forRoot()` with those options; `null` for an application without sessions. */
  readonly sessions?: DynamicModule | null;
  /** The HTTP adapter, for several applications on one server. */
  readonly http?: AbstractHttpAdapter;
  /** Runs before the application listens. */
  readonly configure?: (app: INestApplication) => void;
}

/** An application that listens on a free port. */
export interface TestApp<T = any> {
  readonly app: INestApplication;
  readonly port: number;
  readonly clock: TestClock;
  readonly logger: RecordingLogger;
  /** The sessions of the application. */
  readonly manager: SessionManager<T>;
  /** The connection to the embedded database. */
  readonly connection: Sequelize;
  readonly http: () => ReturnType<typeof supertest>;
  /** Returns a client that keeps its cookies. */
  readonly browser: () => ReturnType<typeof supertest.agent>;
  /** Runs `work` and returns the SQL that the embedded database got meanwhile. */
  readonly statementsOf: (work: () => PromiseLike<unknown>) => Promise<string[]>;
  readonly close: () => Promise<void>;
}

/** The HTTP frameworks, with and without a plugin for cookies. */
export const ALL_ADAPTERS: readonly TestAdapter[] = [
  {
    name: 'Express',
    framework: 'express',
    parsesCookies: false,
    create: () => new ExpressAdapter(),
    prepare: async () => {},
  },
  {
    name: 'Express with cookie-parser',
    framework: 'express',
    parsesCookies: true,
    create: () => new ExpressAdapter(),
    prepare: async (app) => {
      app.use(cookieParser('a secret'));
    },
  },
  {
    name: 'Fastify',
    framework: 'fastify',
    parsesCookies: false,
    create: () => new FastifyAdapter(),
    prepare: async () => {},
  },
  {
    name: 'Fastify with @fastify/cookie',
    framework: 'fastify',
    parsesCookies: true,
    create: () => new FastifyAdapter(),
    prepare: async (app) => {
      await (app as NestFastifyApplication).register(fastifyCookie, { secret: 'a secret' });
    },
  },
];

/** The HTTP frameworks alone. */
export const ADAPTERS = ALL_ADAPTERS.filter(({ parsesCookies }) => !parsesCookies);

/** The same with the plugin that parses cookies for the application. */
export const PARSING_ADAPTERS = ALL_ADAPTERS.filter(({ parsesCookies }) => parsesCookies);

requireKnown(
  'TEST_ADAPTERS',
  ALL_ADAPTERS.map(({ name }) => name),
);

/** Runs a suite on each framework. */
export function describeAdapters(
  suite: (adapter: TestAdapter) => void,
  adapters: readonly TestAdapter[] = ADAPTERS,
): void {
  for (const adapter of adapters.filter(({ name }) => isChosen('TEST_ADAPTERS', name))) {
    describe(adapter.name, () => suite(adapter));
  }
}

/** Runs a suite on each framework, with and without a plugin for cookies: for what such a plugin could change. */
export function describeCookiePlugins(suite: (adapter: TestAdapter) => void): void {
  describeAdapters(suite, ALL_ADAPTERS);
}

/** Starts an application with sessions in memory. */
export async function startApp<T = any>(
  adapter: TestAdapter,
  { options = {}, sessions, http, configure, imports = [], ...metadata }: TestAppOptions<T> = {},
): Promise<TestApp<T>> {
  const clock = new TestClock();
  const logger = new RecordingLogger();
  const module =
    sessions === undefined
      ? SessionsModule.forRoot({
          storagePath: ':memory:',
          clock,
          timeout: LONG_TIMEOUT_MS,
          ...options,
        })
      : sessions;

  @Module({ imports: [...(module ? [module] : []), ...imports], ...metadata })
  class AppModule {}

  const app = await NestFactory.create(AppModule, http ?? adapter.create(), {
    logger,
    abortOnError: false,
  });
  await adapter.prepare(app);
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  const embedded = () =>
    app.get<Sequelize>(getConnectionToken('nestjs-server-sessions'), { strict: false });
  return {
    app,
    clock,
    logger,
    port: (app.getHttpServer().address() as AddressInfo).port,
    get manager() {
      return app.get<SessionManager<T>>(SessionManager, { strict: false });
    },
    get connection() {
      return embedded();
    },
    http: () => supertest(app.getHttpServer()),
    browser: () => supertest.agent(app.getHttpServer()),
    statementsOf: (work) => statementsOf(embedded(), async () => work()),
    close: () => app.close(),
  };
}

/** Returns the error that keeps an application from starting. */
export async function startError(start: () => Promise<TestApp>): Promise<unknown> {
  let app: TestApp;
  try {
    app = await start();
  } catch (error) {
    return error;
  }
  await app.close();
  throw new Error('The application started.');
}
