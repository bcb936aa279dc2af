import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { DEFAULT_KIND } from '../../common/kind.js';
import type { CurrentSessionMembers } from '../request/current-session.js';
import { requestOf } from '../source/request-of.js';
import { RequestSessions } from '../request/request-sessions.js';

/**
 * Injects the session of a request, on any route, guarded or not: its properties, such as `exists`, `id` and `data`, and
 * `start`, `update`, `renew`, `regenerate`, `list`, `end`. The decorator and its type have the same name. On a guarded
 * route, `@GuardedSession()` injects the same with a type that knows that the session exists.
 *
 * @throws SessionHttpException if the database is unavailable or too slow, or `csrf` refuses the request;
 * SessionsConfigurationError if the application has no `SessionsModule`
 * @example
 * ```ts
 * @Post('login')
 * async login(@Body() body: Credentials, @CurrentSession() session: CurrentSession<ShopSession>) {
 *   const { id } = await this.users.verify(body); // The key of the user's row, not the typed name.
 *   await session.start({ userId: id, basket: [] });
 * }
 * ```
 * @publicApi
 */
export const CurrentSession: () => ParameterDecorator = currentSessionOf(DEFAULT_KIND);

/** Returns the decorator for the sessions of a kind. */
export function currentSessionOf(kind: string): () => ParameterDecorator {
  return createParamDecorator(
    async (_: unknown, context: ExecutionContext) =>
      await RequestSessions.resolve(requestOf(context), kind, context).find(),
  );
}

/**
 * The session of one request, as `@CurrentSession()` and `getCurrentSession()` give it. Its methods throw HTTP
 * exceptions, with the domain error as their `cause`. Neither its JSON nor `util.inspect` shows the token or the data.
 *
 * @typeParam T type of the session's data
 * @publicApi
 */
export interface CurrentSession<T = any> extends CurrentSessionMembers<T> {}
