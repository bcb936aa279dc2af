import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';
import type { SessionError } from '../../common/session-error.js';
import { headersSent, type SessionRequest, type SessionResponse } from '../http-types.js';
import { withHeaders } from './response-headers.js';
import {
  DOMAIN_ERRORS,
  toHttpException,
  type SessionHttpException,
} from './session-http.exception.js';

let filterExists = false;

/** Returns whether this process has created a `SessionExceptionFilter`. */
export const sessionExceptionFilterExists = (): boolean => filterExists;

/**
 * Turns errors that a `SessionManager` throws in a handler into the responses that the guard gives: 401, 409, 413, 429,
 * 500 or 503, with headers and body. On a gateway of Socket.IO or `ws` it sends the body as the event `exception`.
 * (`@CurrentSession()` needs no filter, since it throws HTTP exceptions.)
 *
 * @example
 * ```ts
 * app.useGlobalFilters(new SessionExceptionFilter());
 * ```
 * @publicApi
 */
@Catch(...DOMAIN_ERRORS.map(([type]) => type))
export class SessionExceptionFilter implements ExceptionFilter<SessionError> {
  constructor() {
    filterExists = true;
  }

  catch(error: SessionError, host: ArgumentsHost): SessionHttpException | Observable<never> | void {
    const exception = toHttpException(error) as SessionHttpException;
    switch (host.getType()) {
      case 'http':
        return respond(host.switchToHttp(), exception);
      case 'rpc':
        // A returned value would be the reply.
        return throwError(() => exception);
      case 'ws':
        return sendEvent(host.switchToWs().getClient<Client>(), exception.getResponse());
      default:
        return exception;
    }
  }
}

function respond(
  http: ReturnType<ArgumentsHost['switchToHttp']>,
  exception: SessionHttpException,
): void {
  const response = http.getResponse<SessionResponse>();
  withHeaders(http.getRequest<SessionRequest>(), response, exception);
  if (headersSent(response)) {
    (response.raw ?? response).end();
    return;
  }
  response.status(exception.getStatus()).send(exception.getResponse() as object);
}

/** Sends the event that Nest sends without a filter. A client of `ws` has an `emit` too, which sends nothing. */
function sendEvent(client: Client, data: unknown): void {
  if (typeof client.readyState === 'number') {
    client.send(JSON.stringify({ event: 'exception', data }));
  } else {
    client.emit('exception', data);
  }
}

/** The part of a gateway's client that is used: a socket of Socket.IO, or a WebSocket. */
interface Client {
  /** WebSocket. */
  readonly readyState?: number;
  /** Socket.IO. */
  emit(event: 'exception', data: unknown): unknown;
  /** WebSocket. */
  send(frame: string): void;
}
