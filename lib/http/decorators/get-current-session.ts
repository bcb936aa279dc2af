import type { ArgumentsHost } from '@nestjs/common';
import { handled } from '../../common/async/handled.js';
import { DEFAULT_KIND } from '../../common/kind.js';
import type { CurrentSession } from './current-session.decorator.js';
import { RequestSessions } from '../request/request-sessions.js';
import type { SessionRequest } from '../http-types.js';
import { requestOf } from '../source/request-of.js';
import { sourcedRequest } from '../source/request-source.js';

/**
 * Returns the session of a request, for guards, interceptors, filters, request-scoped services and your own decorators.
 * It is the same object that `@CurrentSession()` injects, looked up only once per request.
 *
 * The promise can be kept for later: if nobody awaits it, its rejection does not end the process. Nest does not wait for
 * async exception filters. If you await the promise there, give it a `catch`, or the rejection of the filter ends the
 * process.
 *
 * @param contextOrRequest an `ExecutionContext` or `ArgumentsHost`, or the request of Express or Fastify
 * @throws SessionHttpException if the database is unavailable or too slow, or `csrf` refuses the request;
 * SessionsConfigurationError if the application has no `SessionsModule`
 * @example
 * ```ts
 * const session = await getCurrentSession<ShopSession>(context);
 * return session.data?.role === 'admin';
 * // In an exception filter:
 * const failed = await getCurrentSession(host).catch(() => undefined);
 * ```
 * @publicApi
 */
export function getCurrentSession<T = any>(
  contextOrRequest: ArgumentsHost | object,
): Promise<CurrentSession<T>> {
  return handled(find(contextOrRequest, DEFAULT_KIND));
}

/** Returns the function for the sessions of a kind. */
export function getCurrentSessionOf<T>(
  kind: string,
): (contextOrRequest: ArgumentsHost | object) => Promise<CurrentSession<T>> {
  return (contextOrRequest) => handled(find(contextOrRequest, kind));
}

async function find(
  contextOrRequest: ArgumentsHost | object,
  kind: string,
): Promise<CurrentSession> {
  const state =
    'switchToHttp' in contextOrRequest
      ? RequestSessions.resolve(requestOf(contextOrRequest), kind, contextOrRequest)
      : RequestSessions.resolve(
          sourcedRequest(contextOrRequest, undefined) ?? (contextOrRequest as SessionRequest),
          kind,
        );
  return await state.find();
}
