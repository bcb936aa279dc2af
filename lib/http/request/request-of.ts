import type { ExecutionContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionRequest } from '../http-types.js';

/**
 * The HTTP request behind an execution context: of HTTP itself, or of GraphQL over it.
 *
 * @throws SessionsConfigurationError in any other context
 */
export function requestOf(context: ExecutionContext): SessionRequest {
  const type = context.getType<'graphql' | 'http' | 'rpc' | 'ws'>();
  if (type === 'http') {
    return context.switchToHttp().getRequest<SessionRequest>();
  }
  const [, , graphql] = context.getArgs<[unknown, unknown, GraphqlContext | undefined]>();
  const request = type === 'graphql' ? (graphql?.req ?? graphql?.reply?.request) : undefined;
  if (!request) {
    throw new SessionsConfigurationError(
      `There is no HTTP request with a session in this "${type}" context. Mark the handler with @SkipSession() ` +
        'and ask SessionManager where the connection is opened, or override requestOf() where the context has a request.',
    );
  }
  return request;
}

/** What GraphQL drivers put into their context: Apollo a request, Mercurius a reply. */
interface GraphqlContext {
  readonly req?: SessionRequest;
  readonly reply?: { readonly request: SessionRequest };
}
