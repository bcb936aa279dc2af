import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import { RequestSessions } from '../request/request-sessions.js';
import { requestOf } from '../source/request-of.js';

/**
 * Injects the token of the request's live session, for calls of `SessionManager`; `undefined` if there is none. The
 * token gives access to the session: never log it, never put it into a URL.
 *
 * @throws SessionHttpException if the database is unavailable or too slow, or `csrf` refuses the request;
 * SessionsConfigurationError if the application has no `SessionsModule`
 * @example
 * ```ts
 * @Get('details')
 * details(@SessionToken() token: string) { return this.sessions.inspectSession(token); }
 * ```
 * @publicApi
 */
export const SessionToken: () => ParameterDecorator = sessionTokenOf(DEFAULT_KIND);

/** Returns the decorator for the sessions of a kind. */
export function sessionTokenOf(kind: string): () => ParameterDecorator {
  return createParamDecorator(
    async (_: unknown, context: ExecutionContext) =>
      (await RequestSessions.resolve(requestOf(context), kind, context).find()).token,
  );
}
