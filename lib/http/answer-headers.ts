import { headersSent, type SessionResponse } from './http-types.js';
import { SessionHttpException } from './session-http.exception.js';

/** Sets the headers that belong to an exception, since Nest sends only its status and body; returns the exception. */
export function withHeaders(response: SessionResponse, exception: unknown): unknown {
  if (exception instanceof SessionHttpException && !headersSent(response)) {
    for (const [name, value] of Object.entries(exception.headers)) {
      response.header(name, value);
    }
  }
  return exception;
}
