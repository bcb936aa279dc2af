import type { Clock } from '../../common/clock.js';
import type { Lifespan } from '../session-row.js';
import type { LiveCondition } from '../session-store.js';

/** The rules for when sessions end; times are in milliseconds. */
export interface ExpiryRules {
  readonly clock: Clock;
  readonly expireTime: number;
  readonly renewTimestamp: number;
  readonly rolling: boolean;
  /** Larger than any date if there is no absolute limit, so that the arithmetic needs no special case. */
  readonly absoluteTimeout: number;
  /**
   * With `rolling`, a session without its own lifetime ends after this time without a request. Each check compares
   * it, so that a shorter `renewTimestamp` of a later start counts for all sessions at once. Without `rolling`, it is larger
   * than any date.
   */
  readonly idleTimeout: number;
  /** How long the row of an ended session is kept; 0 deletes it at the end. */
  readonly retention: number;
}

/** Stands for no limit: 30,000 years, which keeps every sum an exact integer. */
export const NO_LIMIT = 1e15;

/** Returns the moment from which the session is expired: its own expiry, or the limit that comes first. */
export function effectiveExpiry(
  { createdAt, renewedAt, lifetime, expiresAt }: Omit<Lifespan, 'endsAt' | 'version'>,
  { absoluteTimeout, idleTimeout }: ExpiryRules,
): number {
  const idleEnd = lifetime === null ? renewedAt + idleTimeout : Infinity;
  return Math.min(expiresAt, createdAt + absoluteTimeout, idleEnd);
}

/**
 * Returns the lifespan after a renewal at `now`, as the store's UPDATE computes it.
 *
 * @param lifetime the own lifetime that the session gets
 */
export function renewed(
  session: Lifespan,
  now: number,
  rules: ExpiryRules,
  lifetime?: number,
): Lifespan {
  const { renewTimestamp, rolling, absoluteTimeout } = rules;
  const limit = Math.min(session.createdAt + absoluteTimeout, session.endsAt ?? Infinity);
  if (lifetime !== undefined) {
    const version = session.version + 1;
    const expiresAt = Math.min(now + lifetime, limit);
    return { ...session, renewedAt: now, lifetime, expiresAt, version };
  }
  const own = session.lifetime ?? renewTimestamp;
  const until = now + (rolling ? own : Math.min(own, renewTimestamp));
  const expiresAt = Math.max(session.expiresAt, Math.min(until, limit));
  return { ...session, renewedAt: now, expiresAt };
}

/** Returns the condition of a statement that a session is live now. */
export function liveNow({ clock, absoluteTimeout, idleTimeout }: ExpiryRules): LiveCondition {
  return { now: clock.now(), absoluteTimeout, idleTimeout };
}
