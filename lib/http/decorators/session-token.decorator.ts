import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RequestSessions } from '../request/request-sessions.js';
import { requestOf } from '../request/request-of.js';

/**
 * The token of the request's live session, for calls of `SessionManager`; `undefined` where there is none. Whoever has it
 * has the session: never log it, never put it into a URL.
 *
 * @throws SessionHttpException where the database is away or late; SessionsConfigurationError where the application has
 * no `SessionsModule`
 * @example
 * ```ts
 * @Get('details')
 * details(@SessionToken() token: string) { return this.sessions.inspectSession(token); }
 * ```
 * @publicApi
 */
export const SessionToken: () => ParameterDecorator = createParamDecorator(
  async (_: unknown, context: ExecutionContext) =>
    (await RequestSessions.resolve(requestOf(context)).find()).token,
);
