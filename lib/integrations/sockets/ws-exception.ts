import { SessionsConfigurationError } from '../../common/session-error.js';
import type { SessionHttpException } from '../../http/errors/session-http.exception.js';

/** Makes the exceptions that handlers of gateways throw. */
export type ToWsException = (exception: SessionHttpException) => Error;

/**
 * Loads `WsException`. Its error is the body that HTTP clients get, so that both switch on the same `code`.
 *
 * @throws SessionsConfigurationError if the package is not installed
 */
export async function loadWsException(): Promise<ToWsException> {
  const { WsException } = await import('@nestjs/websockets').catch((cause: unknown) => {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') {
      throw cause;
    }
    throw new SessionsConfigurationError(
      'SessionSocketsModule needs the package @nestjs/websockets, which is not installed. Install it with the adapter of ' +
        'your gateways: npm install @nestjs/websockets @nestjs/platform-socket.io, or @nestjs/platform-ws and ws.',
    );
  });
  return (exception) =>
    Object.assign(new WsException(exception.getResponse() as object), { cause: exception });
}
