import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { CurrentSessionMembers } from '../request/current-session.js';
import { requestOf } from '../request/request-of.js';
import { RequestSessions } from '../request/request-sessions.js';

/**
 * The live session of a request, on any route, guarded or not: `exists`, `id`, `data`, `expiresAt`, and `start`,
 * `update`, `renew`, `regenerate`, `list`, `end`. One name for the decorator and its type.
 *
 * @throws SessionHttpException where the database is away or late; SessionsConfigurationError where the application has
 * no `SessionsModule`
 * @example
 * ```ts
 * @Post('login')
 * async login(@Body() body: Credentials, @CurrentSession() session: CurrentSession<ShopSession>) {
 *   await session.start({ userId: body.name, basket: [] });
 * }
 * ```
 * @publicApi
 */
export const CurrentSession: () => ParameterDecorator = createParamDecorator(
  async (_: unknown, context: ExecutionContext) =>
    await RequestSessions.resolve(requestOf(context)).find(),
);

/**
 * The session of one request, as `@CurrentSession()` and `getCurrentSession()` give it. It throws HTTP exceptions, with the
 * domain error as their `cause`. Neither its JSON nor `util.inspect` shows token or data.
 *
 * @typeParam T what the session's data is
 * @publicApi
 */
export interface CurrentSession<T = any> extends CurrentSessionMembers<T> {}
