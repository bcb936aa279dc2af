import type { Clock } from '../../common/clock.js';
import type { SessionRow } from '../session-row.js';

/** The rules for when sessions end; times are in milliseconds. */
export interface ExpiryRules {
  readonly clock: Clock;
  readonly expireTime: number;
  readonly renewTimestamp: number;
  /** Larger than any date if there is no absolute limit, so that the arithmetic needs no special case. */
  readonly absoluteTimeout: number;
}

/** `absoluteTimeout` for no limit: 30,000 years, which keeps every sum an exact integer. */
export const NO_ABSOLUTE_TIMEOUT = 1e15;

type Lifespan = Pick<SessionRow, 'createdAt' | 'expiresAt'>;

/** Returns the moment from which the session is expired: its own expiry, or the absolute limit if that comes first. */
export function effectiveExpiry(
  { createdAt, expiresAt }: Lifespan,
  { absoluteTimeout }: ExpiryRules,
): number {
  return Math.min(expiresAt, createdAt + absoluteTimeout);
}

/** Returns the expiry after a renewal at `now`, as the store's UPDATE computes it. */
export function renewedExpiry(session: Lifespan, now: number, rules: ExpiryRules): number {
  const limit = session.createdAt + rules.absoluteTimeout;
  return Math.max(session.expiresAt, Math.min(now + rules.renewTimestamp, limit));
}
