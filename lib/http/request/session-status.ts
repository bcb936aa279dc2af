import type { SessionHttpCode } from '../errors/session-http.exception.js';

/**
 * What `SessionStatusController` tells a page: when the session of the request ends, or why there is none.
 *
 * @publicApi
 */
export type SessionStatus =
  | {
      /** Public id of the session. A login starts a session with another one. */
      readonly id: string;
      /** Milliseconds until the session ends, if nothing renews it. */
      readonly endsIn: number;
      /** Milliseconds until a renewal has an effect; `null` if no renewal can extend the session any more. */
      readonly renewIn: number | null;
    }
  | {
      /** Why there is no session, as in an error response: `SESSION_MISSING`, `SESSION_ENDED`, `SESSION_EXPIRED`, … */
      readonly code: SessionHttpCode;
      /** Why the session was ended, with the code `SESSION_ENDED`. */
      readonly reason?: string;
    };
