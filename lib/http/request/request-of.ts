import type { ArgumentsHost } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionRequest } from '../http-types.js';
import { sourcedRequest } from './request-source.js';

/**
 * Returns the HTTP request of a context for HTTP or for GraphQL over HTTP, or the request that an integration gives for
 * the client of a gateway or the context of GraphQL.
 *
 * @throws SessionsConfigurationError in any other context
 */
export function requestOf(context: ArgumentsHost): SessionRequest {
  const type = context.getType<'graphql' | 'http' | 'rpc' | 'ws'>();
  if (type === 'http') {
    return context.switchToHttp().getRequest<SessionRequest>();
  }
  const [client, , graphql] = context.getArgs<[unknown, unknown, GraphqlContext | undefined]>();
  const carrier = { graphql, ws: client, rpc: undefined }[type];
  const request =
    sourcedRequest(carrier, context) ??
    (type === 'graphql' ? (graphql?.req ?? graphql?.reply?.request) : undefined);
  if (!request) {
    throw new SessionsConfigurationError(
      `This "${type}" context has no HTTP request, so it has no session. Put @SkipSession() on the handler, and use ` +
        'SessionManager when the connection opens. If the context has a request, override SessionGuard.requestOf() instead.',
    );
  }
  return request;
}

/** The context of a GraphQL driver: Apollo's has a request, Mercurius's a reply. */
interface GraphqlContext {
  readonly req?: SessionRequest;
  readonly reply?: { readonly request: SessionRequest };
}
