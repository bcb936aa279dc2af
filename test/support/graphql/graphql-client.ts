import { createClient, type Client, type ExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What a client of graphql-ws sends when it connects. */
export interface ConnectingClient {
  /** Headers of the handshake. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The payload of `connection_init`. */
  readonly params?: Record<string, unknown>;
  /** The query string of the handshake. */
  readonly search?: string;
}

/** How a connection was closed. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A client of graphql-ws with one connection, which it does not open again. */
export interface GraphqlClient {
  /** Starts an operation and returns its results, one after the other. */
  readonly start: (query: string) => AsyncIterableIterator<ExecutionResult<any, any>>;
  /** Runs a query or a mutation, or reads the first result of a subscription. */
  readonly first: (query: string) => Promise<ExecutionResult<any, any>>;
  /** Resolves when the server has acknowledged the connection. */
  readonly connected: Promise<void>;
  /** How the connection was closed. */
  readonly closed: Promise<Closed>;
  readonly dispose: () => Promise<void>;
}

/** Connects to an application on this port. */
export function connectGraphql(
  port: number,
  { headers = {}, params = {}, search = '' }: ConnectingClient,
): GraphqlClient {
  class WebSocketWithHeaders extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers });
    }
  }
  const client: Client = createClient({
    url: `ws://127.0.0.1:${port}/graphql${search}`,
    webSocketImpl: WebSocketWithHeaders,
    connectionParams: params,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => undefined,
  });
  const closed = new Promise<Closed>((resolve) => {
    client.on('closed', (event) => {
      const { code, reason } = event as Closed;
      resolve({ code, reason });
    });
  });
  const connected = new Promise<void>((resolve, reject) => {
    client.on('connected', () => resolve());
    void closed.then(({ code, reason }) => reject(new Error(`Closed: ${code} ${reason}`)));
  });
  connected.catch(() => undefined);
  const start = (query: string) => client.iterate({ query }) as ReturnType<GraphqlClient['start']>;
  return {
    start,
    first: async (query) => {
      const results = start(query);
      try {
        return (await results.next()).value as ExecutionResult<any, any>;
      } catch (errors) {
        // A driver can send the errors of an operation in a message of their own.
        if (Array.isArray(errors)) {
          return { errors };
        }
        throw errors;
      } finally {
        void results.return?.();
      }
    },
    connected,
    closed,
    dispose: async () => client.dispose(),
  };
}
