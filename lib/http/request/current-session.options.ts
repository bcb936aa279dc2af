import type { RegenerateSessionOptions, RenewSessionOptions } from '../../manager/call.options.js';
import type { SessionSummary } from '../../manager/session-record.js';

/**
 * Options of `CurrentSession.start()`, for one login.
 *
 * @publicApi
 */
export interface StartSessionOptions<T = any> {
  /**
   * Keys whose values the new session gets from the session that it replaces, read at that moment, such as the basket of a
   * visitor who logs in. A value in `data` takes precedence. Nothing is carried from the session of another user. Default:
   * no keys.
   */
  readonly carry?: readonly (keyof T & string)[] | undefined;
  /**
   * The lifetime of this session in milliseconds, at most `absoluteTimeout`. With `rolling`, each renewal adds this time
   * too. Without `rolling`, a renewal adds at most `renewTimestamp`. Default: `expireTime` of the module, and
   * `renewTimestamp` for renewals.
   */
  readonly expireTime?: number | undefined;
  /** When this session ends, however often it is renewed; in the future. Default: `absoluteTimeout` decides. */
  readonly endsAt?: Date | undefined;
  /**
   * Whether the cookie stays after the browser is closed ("remember me"). Default: `cookie.persistent` of the module.
   */
  readonly persistent?: boolean | undefined;
}

/**
 * Options of `CurrentSession.renew()`.
 *
 * @publicApi
 */
export type RenewCurrentSessionOptions = Pick<RenewSessionOptions, 'expireTime'>;

/**
 * How `CurrentSession.regenerate()` changes the token.
 *
 * @publicApi
 */
export interface RegenerateCurrentSessionOptions<T = any> extends RegenerateSessionOptions<T> {
  /**
   * Whether the new cookie stays after the browser is closed. If you set it in `start()`, set it here too, since no
   * request shows it. Default: `cookie.persistent` of the module.
   */
  readonly persistent?: boolean | undefined;
}

/**
 * What else `CurrentSession.confirm()` changes in the session.
 *
 * @publicApi
 */
export type ConfirmCurrentSessionOptions<T = any> = Omit<
  RegenerateCurrentSessionOptions<T>,
  'grace'
>;

/**
 * Options of `CurrentSession.actAs()`.
 *
 * @publicApi
 */
export interface ActAsOptions {
  /**
   * Milliseconds after which the agent acts no longer, however often the session is renewed; at most `absoluteTimeout`. The
   * acting also ends with the agent's own session. Default: 900000, which is 15 minutes.
   */
  readonly for?: number | undefined;
  /**
   * Whether the cookie stays after the browser is closed. If you set it in `start()`, set it here too. Default:
   * `cookie.persistent` of the module.
   */
  readonly persistent?: boolean | undefined;
}

/**
 * Options of `CurrentSession.stopActing()`.
 *
 * @publicApi
 */
export type StopActingOptions = Pick<ActAsOptions, 'persistent'>;

/**
 * One of a user's sessions, as `CurrentSession.list()` returns it.
 *
 * @publicApi
 */
export interface ListedSession extends SessionSummary {
  /** Whether it is the session of this request. */
  readonly current: boolean;
}
