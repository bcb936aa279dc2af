import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { WatchEndReason } from '../../manager/watch/session-end.js';

/** Why a connection is closed because its session has ended, for the client to switch on. */
export type SocketEndCode = `SESSION_${Uppercase<WatchEndReason>}`;

/** Returns the code of an end, such as `SESSION_EXPIRED`. */
export function codeOfEnd(reason: WatchEndReason): SocketEndCode {
  return `SESSION_${reason.toUpperCase() as Uppercase<WatchEndReason>}`;
}

/** Returns the exception for a message that came after the end. */
export function exceptionAfter(reason: WatchEndReason): SessionHttpException {
  return new SessionHttpException(reason === 'expired' ? 'SESSION_EXPIRED' : 'SESSION_NOT_FOUND');
}
