import { SessionHttpException } from '../../http/errors/session-http.exception.js';
import type { SessionEndReason } from '../../manager/watch/session-end.js';

/** Why a connection is closed because its session has ended, for the client to switch on. */
export type SocketEndCode = `SESSION_${Uppercase<SessionEndReason>}`;

/** Returns the code of an end, such as `SESSION_EXPIRED`. */
export function codeOfEnd(reason: SessionEndReason): SocketEndCode {
  return `SESSION_${reason.toUpperCase() as Uppercase<SessionEndReason>}`;
}

/** Returns the exception for a message that came after the end. */
export function exceptionAfter(reason: SessionEndReason): SessionHttpException {
  return new SessionHttpException(reason === 'expired' ? 'SESSION_EXPIRED' : 'SESSION_NOT_FOUND');
}
