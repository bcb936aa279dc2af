import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { WatchEndReason } from '../../manager/watch/session-end.js';
import type { WebSocketClient } from './driver-options.js';

/** The close code after the end of a session. Clients of graphql-ws do not connect again after it. */
const UNAUTHORIZED = 4401;

/** The close code for a page of another origin, and after a rotation. Clients of graphql-ws connect again after it. */
export const FORBIDDEN = 4403;

/** The close code for a second `connection_init`. */
export const TOO_MANY_INITIALISATION_REQUESTS = 4429;

/** How long a client may take to close the connection, before it is cut. */
const CLOSE_TIMEOUT_MS = 1000;

/** Closes a connection whose session has ended, with a reason such as `SESSION_LOGOUT`. */
export function closeAfter(reason: WatchEndReason, socket: WebSocketClient): void {
  const code = reason === 'rotated' ? FORBIDDEN : UNAUTHORIZED;
  close(socket, code, `SESSION_${reason.toUpperCase()}`);
}

/** Closes a connection, also if the client does not respond. */
export function close(socket: WebSocketClient, code: number, reason: string): void {
  socket.close(code, reason);
  const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

/** Returns the exception for an operation that came after the end. */
export function exceptionAfter(reason: WatchEndReason): SessionHttpException {
  return new SessionHttpException(reason === 'expired' ? 'SESSION_EXPIRED' : 'SESSION_NOT_FOUND');
}
