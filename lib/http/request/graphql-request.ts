import type { ArgumentsHost } from '@nestjs/common';
import type { SessionRequest } from '../http-types.js';
import { CHANNEL, sourcedRequest, type Channel, type ChannelRequest } from './request-source.js';

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

/** A query over GET. Any page can make a browser send one. */
const SAFE_QUERY: Channel = {
  cookieRefusal:
    'in a GraphQL operation over GET, which a link on any page can start. Make it a mutation, which drivers take by POST only.',
  // A GET needs no check.
  crossOrigin: () => undefined,
};

/** Returns the HTTP request of a resolver's context, or the one that an integration gives for an operation over a socket. */
export function graphqlRequest(context: ArgumentsHost): SessionRequest | undefined {
  const args = context.getArgs<unknown[]>();
  // A reference resolver has no arguments of a field. The others have: a client's arguments are no context.
  const graphql = args[args.length === 3 ? 1 : 2] as GraphqlContext | undefined;
  const request = graphql?.req ?? graphql?.reply?.request;
  const sourced = sourcedRequest(graphql, context) ?? sourcedRequest(request, context);
  // Without a source, the request of a socket's handshake is a GET of a page that nobody has checked.
  return sourced ?? (request && !request.ws ? asOperation(request) : undefined);
}

/** Keeps an operation over GET from starting a session. Returns the request. */
export function asOperation(request: SessionRequest): SessionRequest {
  if (request.method === 'GET') {
    (request as { [CHANNEL]?: Channel } & ChannelRequest)[CHANNEL] = SAFE_QUERY;
  }
  return request;
}
