import { handshakeRequest } from '../../http/source/handshake-request.js';
import { setRequestSource } from '../../http/source/request-source.js';
import type { ContextFactory, GraphqlWsContext, GraphqlWsOptions } from './driver-options.js';
import { GraphqlConnection } from './graphql-connection.js';

/**
 * Returns the options of graphql-ws with sessions: `connection_init` verifies the session, and each operation has a
 * context by which its resolvers find it.
 *
 * @param shared the context of HTTP, which sockets have too unless the options say something else
 * @param instance returns the Express application or the Fastify server
 */
export function withApolloSockets(
  options: GraphqlWsOptions,
  shared: ContextFactory | undefined,
  instance: () => object,
): GraphqlWsOptions {
  const connections = new WeakMap<GraphqlWsContext, GraphqlConnection>();
  const { context = shared, onConnect } = options;
  return {
    ...options,
    onConnect: async (socket) => {
      const { extra, connectionParams } = socket;
      const handshake = handshakeRequest(instance(), extra.request);
      const connection = new GraphqlConnection(handshake, extra.socket);
      connections.set(socket, connection);
      setRequestSource(socket, (host) => connection.requestFor(undefined, host));
      return (await connection.init(connectionParams)) && (await onConnect?.(socket));
    },
    context: async (socket: GraphqlWsContext, ...rest: unknown[]) => {
      const made: unknown =
        typeof context === 'function' ? await context(socket, ...rest) : context;
      const operation = ownCopy(made);
      const connection = connections.get(socket)!;
      setRequestSource(operation, (host) => connection.requestFor(operation, host));
      return operation;
    },
  };
}

/** Copies the context, which the application may share between operations and clients. Apollo does the same for HTTP. */
function ownCopy(context: unknown): object {
  const shared = Object(context) as object;
  return Object.assign(Object.create(Object.getPrototypeOf(shared) as object), shared) as object;
}
