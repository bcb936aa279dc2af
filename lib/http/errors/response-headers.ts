import { Logger } from '@nestjs/common';
import { describeRequest, headersSent, type SessionResponse } from '../http-types.js';
import { CHANNEL, type ChannelRequest } from '../source/request-source.js';
import { SessionHttpException } from './session-http.exception.js';

const logger = new Logger('Sessions');

/**
 * Sets the headers of an exception, since Nest only sends its status and body. Logs a server error (5xx), and an error that
 * no client gets because the headers are already sent. Returns the exception, or the one that the request's channel makes
 * of it.
 */
export function withHeaders(
  request: ChannelRequest,
  response: SessionResponse,
  exception: unknown,
): unknown {
  if (!(exception instanceof SessionHttpException)) {
    return exception;
  }
  const isTooLate = headersSent(response);
  const isLost = isTooLate && !request[CHANNEL];
  if (isLost || exception.getStatus() >= 500) {
    const { cause } = exception;
    const problem = cause instanceof Error ? cause.message : exception.message;
    logger.error(`${describeRequest(request)}: ${problem}`);
  }
  if (!isTooLate) {
    for (const [name, value] of Object.entries(exception.headers)) {
      response.header(name, value);
    }
  }
  return request[CHANNEL]?.toException?.(exception) ?? exception;
}
