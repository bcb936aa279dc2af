import { setTimeout as pause } from 'node:timers/promises';

/**
 * Maximum tries of one call while other requests change the same session. Four processes that did nothing but change one
 * session needed up to 27.
 */
export const MAX_TRIES = 64;

/** Waits before the next try: longer after each one, at most 50 ms, at random, so that rivals do not meet again. */
export function backOff(tries: number): Promise<void> {
  return pause(Math.random() * Math.min(2 ** tries, 50));
}
