import { Logger } from '@nestjs/common';
import { headersSent, type SessionResponse } from '../http-types.js';
import { SessionHttpException } from './session-http.exception.js';

const logger = new Logger('Sessions');

/**
 * Sets the headers of an exception, since Nest only sends its status and body. Logs a server error (5xx). Returns the
 * exception.
 */
export function withHeaders(response: SessionResponse, exception: unknown): unknown {
  if (!(exception instanceof SessionHttpException)) {
    return exception;
  }
  if (exception.getStatus() >= 500) {
    const { cause } = exception;
    logger.error(cause instanceof Error ? cause.message : exception.message);
  }
  if (!headersSent(response)) {
    for (const [name, value] of Object.entries(exception.headers)) {
      response.header(name, value);
    }
  }
  return exception;
}
