import type { RegenerateSessionOptions } from '../../manager/call.options.js';
import type { SessionSummary } from '../../manager/session-record.js';

/**
 * What the session of one login can have of its own.
 *
 * @publicApi
 */
export interface StartSessionOptions {
  /** Milliseconds that this session lives; at most `absoluteTimeout`. Default: `expireTime` of the module. */
  readonly expireTime?: number | undefined;
  /** Whether the cookie outlives the browser ("remember me"). Default: `cookie.persistent` of the module. */
  readonly persistent?: boolean | undefined;
}

/**
 * How `CurrentSession.regenerate()` changes the token.
 *
 * @publicApi
 */
export interface RegenerateCurrentSessionOptions<T = any> extends RegenerateSessionOptions<T> {
  /**
   * Whether the new cookie outlives the browser: to be given again where `start()` was given it, since no request tells.
   * Default: `cookie.persistent` of the module.
   */
  readonly persistent?: boolean | undefined;
}

/**
 * One of a user's sessions, as `CurrentSession.list()` gives them.
 *
 * @publicApi
 */
export interface ListedSession extends SessionSummary {
  /** Whether it is the session of this request. */
  readonly current: boolean;
}
