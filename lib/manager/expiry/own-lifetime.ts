import { types } from 'node:util';
import { checkMilliseconds, invalidOption } from '../../common/checks.js';
import type { Clock } from '../../common/clock.js';
import { SessionsConfigurationError } from '../../common/session-error.js';

/**
 * Checks the lifetime that a call gives to one session.
 *
 * @param name that of the option
 * @throws SessionsConfigurationError
 */
export function ownLifetime(
  expireTime: number,
  absoluteTimeout: number,
  name = 'expireTime',
): number {
  const lifetime = checkMilliseconds(name, expireTime);
  if (lifetime > absoluteTimeout) {
    throw new SessionsConfigurationError(
      `${name} (${lifetime} ms) must be at most absoluteTimeout (${absoluteTimeout} ms). Set a shorter time.`,
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
