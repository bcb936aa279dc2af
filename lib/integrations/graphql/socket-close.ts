import {
  closeWebSocket,
  codeOfEnd,
  UNAUTHORIZED,
  type ClosableWebSocket,
} from '../../http/connection/close-connection.js';
import type { WatchEndReason } from '../../manager/watch/session-end.js';

/**
 * The close code for a page of another origin, and after a rotation. Clients of graphql-ws connect again after it, which they
 * don't after `UNAUTHORIZED`.
 */
export const FORBIDDEN = 4403;

/** The close code for a second `connection_init`. */
export const TOO_MANY_INITIALISATION_REQUESTS = 4429;

/** Closes a connection whose session has ended, with a reason such as `SESSION_LOGOUT`. */
export function closeAfter(reason: WatchEndReason, socket: ClosableWebSocket): void {
  const code = reason === 'rotated' ? FORBIDDEN : UNAUTHORIZED;
  closeWebSocket(socket, code, codeOfEnd(reason));
}
