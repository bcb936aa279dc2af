import type { ExecutionContext } from '@nestjs/common';
import type { CurrentSession } from './current-session.decorator.js';
import { RequestSessions } from '../request/request-sessions.js';
import type { SessionRequest } from '../http-types.js';
import { requestOf } from '../request/request-of.js';

/**
 * The session of a request, for guards, interceptors, filters, request-scoped services and decorators of one's own. It is
 * the same object that `@CurrentSession()` gives, looked up once per request however many ask.
 *
 * @param contextOrRequest an `ExecutionContext`, or the request of Express or Fastify
 * @throws SessionHttpException where the database is away or late; SessionsConfigurationError where the application has
 * no `SessionsModule`
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
  const request =
    'switchToHttp' in contextOrRequest
      ? requestOf(contextOrRequest)
      : (contextOrRequest as SessionRequest);
  return await RequestSessions.resolve(request).find();
}
