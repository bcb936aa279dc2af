import type { SessionDataError, SessionEndedError } from '../../common/session-error.js';
import type { SessionRecord } from '../session-record.js';
import type { DeviceBinding, Lifespan } from '../session-row.js';
import type { ParsedToken } from './token.js';

/**
 * The status of a token for the session of its id:
 *
 * - `live`: it can read and change the session.
 * - `grace`: a rotation replaced it, and it can still read for a time.
 * - `rotated`: a rotation replaced it a short time ago, and it can only end the session.
 * - `ended`: it is the right token of a session that was ended.
 * - `expired`: it is the right token of a session that has expired.
 * - `damaged`: it is the right token of a session that can't be read.
 * - `device`: it is the right token of a session that is bound to a browser, and the request does not prove that browser.
 *   Only requests have this status: a call of `SessionManager` needs no such proof.
 * - `missing`: it opens no session. A wrong secret is `missing` too, and so is one that was replaced earlier: only the
 *   holder of the right secret learns that a session was ended or has expired.
 *
 * Transitions:
 *
 * - A rotation takes `live` to `grace`, or to `rotated` if it gives no grace.
 * - The end of the grace takes `grace` to `rotated`, and one minute after the rotation `rotated` becomes `missing`. A
 *   logout that left the client just before the rotation still ends the session
 *   (docs/adr/0008-a-logout-ends-what-it-can.md).
 * - A second rotation makes the token that was replaced first `missing`, since a row keeps one previous hash.
 * - The session's expiry takes `live` and `grace` to `expired`. A renewal with `allowExpired` takes `expired` back.
 * - The end of the session takes `live`, `grace`, `expired` and `damaged` to `ended`, and nothing takes it back. At the
 *   deletion of the row every token becomes `missing`.
 */
export type TokenStatus =
  'live' | 'grace' | 'rotated' | 'ended' | 'expired' | 'damaged' | 'device' | 'missing';

/** A session that a token opens. */
export interface OpenSession<T> extends ParsedToken {
  readonly status: 'live' | 'grace';
  readonly record: SessionRecord<T>;
  readonly lifespan: Lifespan;
  readonly binding: DeviceBinding;
}

/** A token with its status, and the session's record if the token may read it. */
export type VerifiedSession<T> =
  | OpenSession<T>
  | (ParsedToken & {
      readonly status: Exclude<TokenStatus, 'live' | 'grace'>;
      readonly record?: undefined;
      /** What is wrong with a damaged session, or why an ended one ended. */
      readonly cause?: SessionDataError | SessionEndedError;
      /** The id of the agent's session, if this is an acting session that has ended or expired, or whose token was replaced. */
      readonly agentId?: string;
    });
