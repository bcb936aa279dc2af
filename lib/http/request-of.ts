import type { ExecutionContext } from '@nestjs/common';
import { SessionsConfigurationError } from '../common/session-error.js';
import type { SessionRequest } from './http-types.js';

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
      `There is no HTTP request with a session in this "${type}" context. Mark the handler with @SkipSession(), ` +
        'and look at the session where the connection is opened, by SessionManager.inspectSession().',
    );
  }
  return request;
}

/** What GraphQL drivers put into their context: Apollo a request, Mercurius a reply. */
interface GraphqlContext {
  readonly req?: SessionRequest;
  readonly reply?: { readonly request: SessionRequest };
}
