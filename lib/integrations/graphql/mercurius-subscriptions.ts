import { AsyncLocalStorage } from 'node:async_hooks';
import { closeWebSocket, type ClosableWebSocket } from '../../http/connection/close-connection.js';
import { setRequestSource } from '../../http/source/request-source.js';
import type {
  ConnectionInit,
  MercuriusRequest,
  MercuriusSubscriptionOptions,
} from './driver-options.js';
import { GraphqlConnection } from './graphql-connection.js';

/** The close code for a second `connection_init`. */
const TOO_MANY_INITIALISATION_REQUESTS = 4429;

/** A connection whose `connection_init` is being handled. */
interface Connecting {
  /** `undefined` once it was handled. */
  connection: GraphqlConnection | undefined;
}

/**
 * Returns the options of Mercurius's subscriptions with sessions: `connection_init` verifies the session, and the
 * request of the handshake leads to it.
 *
 * Mercurius tells `context` which socket it is for, and right after it `onConnect` what the client sent, but not which
 * socket sent it.
 */
export function withMercuriusSockets(
  options: MercuriusSubscriptionOptions,
): MercuriusSubscriptionOptions {
  const connecting = new AsyncLocalStorage<Connecting>();
  const known = new WeakSet<ClosableWebSocket>();
  return {
    ...options,
    context: (socket, request) => {
      if (known.has(socket)) {
        // Subscriptions of the first session would go on under the second one.
        closeWebSocket(
          socket,
          TOO_MANY_INITIALISATION_REQUESTS,
          'Too many initialisation requests',
        );
        connecting.enterWith({ connection: undefined });
      } else {
        known.add(socket);
        connecting.enterWith({ connection: connect(socket, request) });
      }
      return contextOf(options, socket, request);
    },
    onConnect: async (message) => {
      if (!hasNamedParams(message)) {
        return false;
      }
      const state = connecting.getStore();
      const connection = state?.connection;
      if (state && connection) {
        state.connection = undefined;
        if (!(await connection.init(message.payload))) {
          return false;
        }
      }
      return options.onConnect ? options.onConnect(message) : true;
    },
  };
}

/**
 * Returns whether the client sent named values, as the protocol of graphql-ws requires. Mercurius does not check this,
 * and makes a header of each value in them, or in their `headers`: of each character of a string, which can take
 * seconds.
 */
function hasNamedParams({ payload }: ConnectionInit): boolean {
  const params = payload ?? {};
  return isObject(params) && isObject((params as { readonly headers?: unknown }).headers ?? {});
}

const isObject = (value: unknown) => typeof value === 'object' && !Array.isArray(value);

function connect(socket: ClosableWebSocket, request: MercuriusRequest): GraphqlConnection {
  const { method, headers, host, protocol, ip, server } = request;
  // Mercurius adds what the client sent in `connection_init` to the headers of the request later.
  const handshake = { method, headers: { ...headers }, host, protocol, ip, app: server };
  const connection = new GraphqlConnection(handshake, socket);
  setRequestSource(request, (host) => connection.requestFor(host?.getArgs()[2], host));
  return connection;
}

/** Operations other than subscriptions have no `reply`, by which the guard finds the request. */
async function contextOf(
  { context }: MercuriusSubscriptionOptions,
  socket: ClosableWebSocket,
  request: MercuriusRequest,
): Promise<object> {
  return { req: request, ...Object(await context?.(socket, request)) };
}
