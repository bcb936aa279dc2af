import type { Lifespan } from '../session-row.js';
import { effectiveExpiry, type ExpiryRules } from './expiry.js';

/** The options that decide when a renewal is worth a write. */
export type RenewalRules = ExpiryRules & {
  /** Minimum milliseconds that a renewal must add, unless the own lifetime of the session is short. */
  readonly touchAfter: number;
};

/** Returns the minimum milliseconds that a renewal must add: `touchAfter`, or a tenth of the session's own lifetime. */
export function minimumGain({ lifetime }: Lifespan, { touchAfter }: RenewalRules): number {
  return Math.min(touchAfter, Math.max(1, Math.floor((lifetime ?? Infinity) / 10)));
}

/**
 * Returns the milliseconds until a renewal gains the minimum. Returns `undefined` if the fixed end of the session is
 * too near for this.
 */
export function renewalDueIn(
  session: Lifespan,
  now: number,
  rules: RenewalRules,
): number | undefined {
  const { renewTimestamp, rolling, absoluteTimeout } = rules;
  const limit = Math.min(session.createdAt + absoluteTimeout, session.endsAt ?? Infinity);
  const own = session.lifetime ?? renewTimestamp;
  const added = rolling ? own : Math.min(own, renewTimestamp);
  const nextEnd = effectiveExpiry(session, rules) + minimumGain(session, rules);
  return nextEnd > limit ? undefined : Math.max(0, nextEnd - added - now);
}
