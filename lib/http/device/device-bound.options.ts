import { checkMilliseconds, ownOptions } from '../../common/checks.js';
import { SessionsConfigurationError } from '../../common/session-error.js';
import type { ResolvedCookieOptions } from '../transport/cookie.options.js';

/**
 * How sessions are bound to the browser that started them (Device Bound Session Credentials, W3C).
 *
 * @publicApi
 */
export interface DeviceBoundOptions {
  /**
   * How long one proof of the browser is valid, in milliseconds. A copied cookie becomes useless this long after the latest
   * proof, plus 5 seconds for clocks that differ. With less than 5 minutes, browsers have to sign more often than Chrome
   * does, and requests get a 401.
   *
   * @default 600_000 (10 minutes)
   */
  readonly within?: number | undefined;
}

/** `DeviceBoundOptions` with its default, checked. */
export interface ResolvedDeviceBoundOptions {
  readonly within: number;
}

/** @throws SessionsConfigurationError if an option is wrong, or the session cookie is not one that can be bound */
export function resolveDeviceBound(
  options: DeviceBoundOptions | undefined,
  cookie: ResolvedCookieOptions | undefined,
): ResolvedDeviceBoundOptions | undefined {
  if (options === undefined) {
    return undefined;
  }
  const { within = 10 * 60 * 1000 } = ownOptions('deviceBound', options, ['within']);
  const obstacle = cookie ? obstacleOf(cookie) : "the transport 'cookie' is off";
  if (obstacle !== undefined) {
    throw new SessionsConfigurationError(
      `deviceBound is set, but ${obstacle}. Only a session cookie of one host with the path "/", sent over https, ` +
        'can be bound. Change that option, or remove deviceBound.',
    );
  }
  return { within: checkMilliseconds('deviceBound.within', within) };
}

function obstacleOf({ name, secure, domain, path }: ResolvedCookieOptions): string | undefined {
  if (!secure) {
    return 'cookie.secure is false';
  }
  if (domain !== undefined) {
    return 'cookie.domain is set';
  }
  if (path !== '/') {
    return 'cookie.path is not "/"';
  }
  return name.length > 126 ? 'cookie.name has more than 126 characters' : undefined;
}
