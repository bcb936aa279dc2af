import { SessionEndedError } from '../../common/session-error.js';
import { watchReasonOf, type WatchEndReason } from '../../manager/watch/session-end.js';
import type { SessionHttpException } from '../errors/session-http.exception.js';

/** The close code for a connection whose session is missing or has ended: HTTP's 401, in the range for applications. */
export const UNAUTHORIZED = 4401;

/** How long a client may take to close the connection, before it is cut. */
export const CLOSE_TIMEOUT_MS = 1000;

/** The part of a `WebSocket` of `ws` that closes it. */
export interface ClosableWebSocket {
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
}

/** Why a connection is closed because its session has ended, for the client to switch on. */
export type ConnectionEndCode = `SESSION_${Uppercase<WatchEndReason>}`;

/** Returns the code of an end, such as `SESSION_EXPIRED`. */
export function codeOfEnd(reason: WatchEndReason): ConnectionEndCode {
  return `SESSION_${reason.toUpperCase() as Uppercase<WatchEndReason>}`;
}

/**
 * Returns whether the session goes on after this end of a connection, so that its client connects again with the next
 * cookie.
 */
export function goesOn(code: ConnectionEndCode): boolean {
  return code === 'SESSION_ROTATED' || code === 'SESSION_DEVICE';
}

/** Returns the code for a refused connection. If its session was ended, this is the code that open connections got. */
export function refusalCodeOf({ code, cause }: SessionHttpException): string {
  return cause instanceof SessionEndedError ? codeOfEnd(watchReasonOf(cause.shownReason)) : code;
}

/** Closes a connection, also if the client does not respond. */
export function closeWebSocket(client: ClosableWebSocket, code: number, reason: string): void {
  client.close(code, reason);
  const timer = setTimeout(() => client.terminate(), CLOSE_TIMEOUT_MS);
  timer.unref();
  client.once('close', () => clearTimeout(timer));
}
