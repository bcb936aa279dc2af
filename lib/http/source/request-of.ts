import type { ArgumentsHost } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionRequest } from '../http-types.js';
import { graphqlRequest } from './graphql-request.js';
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
  const request =
    type === 'graphql'
      ? graphqlRequest(context)
      : sourcedRequest(type === 'ws' ? context.getArgs()[0] : undefined, context);
  if (!request) {
    const otherwise =
      type === 'graphql'
        ? 'Import SessionGraphQLModule for operations over sockets. Otherwise put'
        : 'Put';
    throw new SessionsConfigurationError(
      `This "${type}" context has no HTTP request, so it has no session. ${otherwise} @SkipSession() on the handler, and ` +
        'use SessionManager when the connection opens. If the context has a request, override SessionGuard.requestOf() instead.',
    );
  }
  return request;
}
