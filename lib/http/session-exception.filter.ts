import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import {
  SessionConflictError,
  SessionDataError,
  SessionDataTooLargeError,
  SessionExpiredError,
  SessionLimitError,
  SessionNotFoundError,
  SessionStoreError,
  type SessionError,
} from '../common/session-error.js';
import { headersSent, type SessionResponse } from './http-types.js';
import { withHeaders } from './answer-headers.js';
import { toHttpException, type SessionHttpException } from './session-http.exception.js';

interface Client {
  emit(event: 'exception', body: unknown): unknown;
}

/**
 * Answers what a `SessionManager` throws in a handler as the guard would: 401, 409, 413, 429, 500 or 503, with headers and
 * body. (`@CurrentSession()` throws HTTP exceptions by itself and needs no filter.)
 *
 * @example
 * ```ts
 * app.useGlobalFilters(new SessionExceptionFilter());
 * ```
 * @publicApi
 */
@Catch(
  SessionNotFoundError,
  SessionExpiredError,
  SessionConflictError,
  SessionDataTooLargeError,
  SessionLimitError,
  SessionDataError,
  SessionStoreError,
)
export class SessionExceptionFilter implements ExceptionFilter<SessionError> {
  catch(error: SessionError, host: ArgumentsHost): SessionHttpException | Observable<never> | void {
    const exception = toHttpException(error) as SessionHttpException;
    switch (host.getType<'graphql' | 'http' | 'rpc' | 'ws'>()) {
      case 'graphql':
        return exception;
      case 'rpc':
        // What is returned would be the reply.
        return throwError(() => exception);
      case 'ws':
        host.switchToWs().getClient<Client>().emit('exception', exception.getResponse());
        return;
    }
    const response = host.switchToHttp().getResponse<SessionResponse>();
    if (headersSent(response)) {
      (response.raw ?? response).end();
      return;
    }
    withHeaders(response, exception);
    response.status(exception.getStatus()).send(exception.getResponse() as object);
  }
}
