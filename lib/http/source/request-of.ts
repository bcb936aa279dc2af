import type { ArgumentsHost } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionRequest } from '../http-types.js';
import { graphqlRequest } from './graphql-request.js';
import { sourcedRequest } from './request-source.js';

/** The module that gives a session to contexts of a type that have no HTTP request. */
const MODULES: Readonly<Partial<Record<string, string>>> = {
  graphql: 'SessionGraphQLModule for operations over sockets',
  ws: 'SessionSocketsModule for gateways',
};

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
    const module = MODULES[type];
    const otherwise = module ? `Import ${module}. Otherwise put` : 'Put';
    throw new SessionsConfigurationError(
      `This "${type}" context has no HTTP request, so it has no session. ${otherwise} @SkipSession() on the handler, and ` +
        'find the session by its token with SessionManager. If the context has a request, override ' +
        'SessionGuard.requestOf() instead.',
    );
  }
  return request;
}
