import { types } from 'node:util';
import { checkMilliseconds, invalidOption } from '../../common/checks.js';
import type { Clock } from '../../common/clock.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * Checks the lifetime that a call gives to one session.
 *
 * @throws SessionsConfigurationError
 */
export function ownLifetime(expireTime: number, absoluteTimeout: number): number {
  const lifetime = checkMilliseconds('expireTime', expireTime);
  if (lifetime > absoluteTimeout) {
    throw new SessionsConfigurationError(
      `expireTime (${lifetime} ms) must be at most absoluteTimeout (${absoluteTimeout} ms). Lower it for this session.`,
    );
  }
  return lifetime;
}

/**
 * Checks the end that a call gives to one session, and returns it in epoch milliseconds.
 *
 * @throws SessionsConfigurationError
 */
export function futureTime(endsAt: Date, clock: Clock): number {
  const time = types.isDate(endsAt) ? endsAt.getTime() : NaN;
  if (!(time > clock.now())) {
    throw invalidOption('endsAt', endsAt, 'a Date in the future');
  }
  return time;
}
