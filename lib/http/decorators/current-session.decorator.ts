import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { getCurrentSession } from './get-current-session.js';
import type { CurrentSession as CurrentSessionMembers } from '../request/current-session.js';

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
  (_: unknown, context: ExecutionContext) => getCurrentSession(context),
);

/**
 * The session of one request, as `@CurrentSession()` and `getCurrentSession()` give it. It throws HTTP exceptions, with the
 * domain error as their `cause`. Neither its JSON nor `util.inspect` shows token or data.
 *
 * @typeParam T what the session's data is
 * @publicApi
 */
export interface CurrentSession<T = any> extends CurrentSessionMembers<T> {}
