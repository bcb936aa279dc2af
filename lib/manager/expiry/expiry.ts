import type { Clock } from '../../common/clock.js';
import type { SessionRow } from '../session-row.js';

/** When sessions end, in milliseconds. */
export interface ExpiryRules {
  readonly clock: Clock;
  readonly expireTime: number;
  readonly renewTimestamp: number;
  /** Larger than any date where there is no absolute limit, so that the arithmetic needs no other case. */
  readonly absoluteTimeout: number;
}

/** `absoluteTimeout` of who wants none: 30,000 years, which keeps every sum an exact integer. */
export const NO_ABSOLUTE_TIMEOUT = 1e15;

type Lifespan = Pick<SessionRow, 'createdAt' | 'expiresAt'>;

/** The moment from which the session is expired: its own expiry, or the absolute limit where that comes first. */
export function effectiveExpiry(
  { createdAt, expiresAt }: Lifespan,
  { absoluteTimeout }: ExpiryRules,
): number {
  return Math.min(expiresAt, createdAt + absoluteTimeout);
}

/** The expiry that a renewal at `now` leaves, as the store's UPDATE computes it. */
export function renewedExpiry(session: Lifespan, now: number, rules: ExpiryRules): number {
  const limit = session.createdAt + rules.absoluteTimeout;
  return Math.max(session.expiresAt, Math.min(now + rules.renewTimestamp, limit));
}
