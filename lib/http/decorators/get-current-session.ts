import type { ExecutionContext } from '@nestjs/common';
import type { CurrentSession } from './current-session.decorator.js';
import { RequestSessions } from '../request/request-sessions.js';
import type { SessionRequest } from '../http-types.js';
import { requestOf } from '../request/request-of.js';

/**
 * Returns the session of a request, for guards, interceptors, filters, request-scoped services and your own decorators.
 * It is the same object that `@CurrentSession()` injects, looked up only once per request.
 *
 * @param contextOrRequest an `ExecutionContext`, or the request of Express or Fastify
 * @throws SessionHttpException if the database is unavailable or too slow, or `csrf` refuses the request;
 * SessionsConfigurationError if the application has no `SessionsModule`
 * @example
 * ```ts
 * const session = await getCurrentSession<ShopSession>(context);
 * return session.data?.role === 'admin';
 * ```
 * @publicApi
 */
export async function getCurrentSession<T = any>(
  contextOrRequest: ExecutionContext | object,
): Promise<CurrentSession<T>> {
  const state =
    'switchToHttp' in contextOrRequest
      ? RequestSessions.resolve(requestOf(contextOrRequest), contextOrRequest)
      : RequestSessions.resolve(contextOrRequest as SessionRequest);
  return await state.find();
}
