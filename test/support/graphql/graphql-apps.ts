import { describe } from '@jest/globals';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { DynamicModule } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { SessionGraphQLModule } from 'nestjs-server-sessions/graphql';
import type { Response } from 'supertest';
import {
  ADAPTERS,
  startApp,
  type TestAdapter,
  type TestApp,
  type TestAppOptions,
} from '../applications/applications.js';
import { isChosen } from '../runner/chosen-suites.js';

/** A driver of GraphQL under Nest, on a framework. */
export interface GraphqlStack {
  readonly name: string;
  readonly driver: 'Apollo' | 'Mercurius';
  readonly adapter: TestAdapter;
}

export interface GraphqlAppOptions<T> extends TestAppOptions<T> {
  /** Options of the driver. */
  readonly graphql?: object;
  /** Modules instead of `SessionGraphQLModule`. */
  readonly modules?: NonNullable<TestAppOptions['imports']>;
}

/** A response of GraphQL over HTTP. */
export interface GraphqlResponse {
  readonly status: number;
  readonly data: any;
  readonly errors: readonly { readonly message: string; readonly extensions?: any }[] | undefined;
  /** The `code` of each error. */
  readonly codes: readonly unknown[];
  readonly response: Response;
}

export interface GraphqlApp<T = any> extends TestApp<T> {
  /** Sends an operation, with these headers. */
  readonly send: (
    operation: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<GraphqlResponse>;
}

const adapterOf = (framework: string) => ADAPTERS.find(({ name }) => name === framework)!;

export const STACKS: readonly GraphqlStack[] = [
  { name: 'Apollo on Express', driver: 'Apollo', adapter: adapterOf('Express') },
  { name: 'Apollo on Fastify', driver: 'Apollo', adapter: adapterOf('Fastify') },
  { name: 'Mercurius on Fastify', driver: 'Mercurius', adapter: adapterOf('Fastify') },
];

/** Runs a suite on each driver. */
export function describeDrivers(suite: (stack: GraphqlStack) => void): void {
  for (const stack of STACKS.filter(({ adapter }) => isChosen('TEST_ADAPTERS', adapter.name))) {
    describe(stack.name, () => suite(stack));
  }
}

/** Starts an application with GraphQL, batches and subscriptions, and with sessions in memory. */
export async function startGraphqlApp<T = any>(
  { driver, adapter }: GraphqlStack,
  { graphql = {}, modules = [SessionGraphQLModule], imports = [], ...rest }: GraphqlAppOptions<T>,
): Promise<GraphqlApp<T>> {
  const module = { Apollo: apollo, Mercurius: mercurius }[driver](graphql);
  const app = await startApp(adapter, { ...rest, imports: [...modules, module, ...imports] });
  const send: GraphqlApp['send'] = async (operation, headers = {}) =>
    toGraphqlResponse(await app.http().post('/graphql').set(headers).send({ query: operation }));
  return Object.create(app, { send: { value: send } }) as GraphqlApp<T>;
}

/** Reads a response of GraphQL. */
export function toGraphqlResponse(response: Response): GraphqlResponse {
  const { data, errors } = response.body;
  const codes = (errors ?? []).map((error: any) => error.extensions?.code);
  return { status: response.status, data, errors, codes, response };
}

const apollo = (options: object): DynamicModule =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    allowBatchedHttpRequests: true,
    subscriptions: { 'graphql-ws': true },
    ...options,
  });

const mercurius = (options: object): DynamicModule =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({
    driver: MercuriusDriver,
    autoSchemaFile: true,
    allowBatchedQueries: true,
    subscription: true,
    // Mercurius compiles an operation at its second run.
    jit: 1,
    ...options,
  });
