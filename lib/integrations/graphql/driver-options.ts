import type { IncomingMessage } from 'node:http';
import type { ClosableWebSocket } from '../../http/connection/close-connection.js';
import type { SessionRequest } from '../../http/http-types.js';

/** An error as a driver sends it (GraphQL specification, section 7.1.2). */
export interface FormattedError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The hook of Apollo that changes an error before it is sent. `error` is a `GraphQLError` around what a resolver threw. */
export type FormatError = (formatted: FormattedError, error: unknown) => FormattedError;

/** Makes the context of an operation, of HTTP or of a socket. */
export type ContextFactory = (...args: readonly unknown[]) => unknown;

/** The options of the drivers that are used. Each driver ignores those of the other. */
export interface DriverOptions {
  /** The enhancers that also run for fields, such as `'guards'`. */
  readonly fieldResolverEnhancers?: readonly string[];
  /** The drivers make it a function. */
  readonly context?: ContextFactory;
  /** Apollo. */
  readonly formatError?: FormatError;
  /** Apollo: `false` lets errors of resolvers decide the HTTP status. */
  readonly preserveHttpStatusForExecutionErrors?: boolean;
  /** Apollo. */
  readonly plugins?: readonly object[];
  /** Apollo: an older option for subscriptions without options. */
  readonly installSubscriptionHandlers?: boolean;
  /** Apollo. */
  readonly subscriptions?: { readonly 'graphql-ws'?: boolean | GraphqlWsOptions };
  /** Mercurius. */
  readonly subscription?: boolean | MercuriusSubscriptionOptions;
}

/** The options of graphql-ws that are used. */
export interface GraphqlWsOptions {
  readonly context?: unknown;
  readonly onConnect?: (context: GraphqlWsContext) => unknown;
}

/** What graphql-ws knows of a connection. */
export interface GraphqlWsContext {
  readonly connectionParams?: Readonly<Record<string, unknown>>;
  readonly extra: { readonly socket: ClosableWebSocket; readonly request: IncomingMessage };
}

/** The options of Mercurius's subscriptions that are used. */
export interface MercuriusSubscriptionOptions {
  readonly context?: (socket: ClosableWebSocket, request: MercuriusRequest) => unknown;
  readonly onConnect?: (message: ConnectionInit) => unknown;
}

/** The first message of a client. */
export interface ConnectionInit {
  readonly payload?: unknown;
}

/** The request of a handshake: that of Fastify. */
export type MercuriusRequest = SessionRequest & { readonly server: object };
