import type { ArgumentsHost } from '@nestjs/common';
import type { SessionRequest } from '../http-types.js';
import { OperationProtection, SAFE_METHODS } from '../transport/cross-origin.js';
import { CHANNEL, sourcedRequest, type Channel, type ChannelRequest } from './request-source.js';
import { RequestSessions } from '../request/request-sessions.js';

/** The context of a GraphQL driver: Apollo's has a request, Mercurius's a reply. */
interface GraphqlContext {
  readonly req?: GraphqlRequest;
  readonly reply?: { readonly request: GraphqlRequest };
}

/** A request, or what a driver puts into its place for an operation over a socket. */
type GraphqlRequest = SessionRequest & {
  /** @fastify/websocket: whether the request opened a socket. */
  readonly ws?: boolean;
};

/** Returns the HTTP request of a resolver's context, or the one that an integration gives for an operation over a socket. */
export function graphqlRequest(context: ArgumentsHost): SessionRequest | undefined {
  const args = context.getArgs<unknown[]>();
  // A reference resolver gets three arguments, the second is the context. Others get four, and the client sends the second.
  const graphql = args[args.length === 3 ? 1 : 2] as GraphqlContext | undefined;
  const request = graphql?.req ?? graphql?.reply?.request;
  const sourced = sourcedRequest(graphql, context) ?? sourcedRequest(request, context);
  // Without a source, nobody has checked which page sent the GET request of a socket's handshake.
  return sourced ?? (request && !request.ws ? asOperation(request) : undefined);
}

/**
 * Marks a request with a safe method, so that its operation can't start a session, nor use the cookie for another origin.
 * Mercurius runs mutations by HEAD, which Fastify adds to each GET route, and with its option `jit` also by GET. Returns the
 * request.
 */
export function asOperation(request: SessionRequest): SessionRequest {
  if (SAFE_METHODS.has(request.method)) {
    (request as { [CHANNEL]?: Channel } & ChannelRequest)[CHANNEL] ??= uncheckedOperation(request);
  }
  return request;
}

/** Returns the channel of an operation that can be a mutation, although its method is a safe one. */
function uncheckedOperation({ method, app, server }: SessionRequest): Channel {
  return {
    cookieRefusal: `in a GraphQL operation over ${method}, which any page can start. Make it a mutation, and send it by POST.`,
    crossOrigin: (kind) => {
      const csrf = RequestSessions.of(app ?? server, kind)?.csrf;
      return csrf && new OperationProtection(csrf);
    },
  };
}
