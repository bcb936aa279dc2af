import {
  checkBoolean,
  checkInteger,
  checkMilliseconds,
  checkOneOf,
  invalidOption,
} from '../common/checks.js';
import { SYSTEM_CLOCK, wholeMilliseconds, type Clock } from '../common/clock.js';
import { DEFAULT_KIND } from '../common/kind.js';
import { SessionsConfigurationError } from '../common/session-error.js';
import type { SessionLimit } from './session-store.js';
import {
  resolveCleanupOptions,
  type CleanupOptions,
  type ResolvedCleanupOptions,
} from './expiry/cleanup.options.js';
import { DATA_OPTION_NAMES, resolveDataOptions, type DataOptions } from './data/data.options.js';
import { NO_LIMIT, type ExpiryRules } from './expiry/expiry.js';
import type { CodecOptions } from './data/session-codec.js';
import { defaultOwner } from './data/owner.js';
import {
  resolveWatchOptions,
  type ResolvedWatchOptions,
  type WatchOptions,
} from './watch/watch.options.js';

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The policy of sessions; all times are in milliseconds. */
export interface ManagerOptions<T = any> extends DataOptions<T> {
  /**
   * How long a new session lives. A call can give a session its own lifetime instead, which also holds for renewals.
   *
   * @default 86_400_000 (24 hours)
   */
  readonly expireTime?: number | undefined;

  /**
   * The minimum lifetime of a session after a renewal: `expiresAt = max(expiresAt, now + renewTimestamp)`. A renewal
   * never shortens a session.
   *
   * @default 3_600_000 (1 hour); `expireTime` if `rolling` is set
   */
  readonly renewTimestamp?: number | undefined;

  /**
   * Maximum lifetime of a session, however often it is renewed. `false` for no limit.
   *
   * @default 2_592_000_000 (30 days)
   */
  readonly absoluteTimeout?: number | false | undefined;

  /**
   * Whether a guarded request renews its session, which makes `renewTimestamp` the idle timeout: a session that was not
   * renewed for so long has ended, unless it got its own lifetime.
   *
   * @default false
   */
  readonly rolling?: boolean | undefined;

  /**
   * The minimum time that an automatic renewal (of `rolling`) must add. A renewal that adds less is not written. So a
   * session is renewed at most once in this time, and the real idle timeout can be shorter by this time. It must be less
   * than `renewTimestamp`. For a session with its own lifetime, the minimum is at most a tenth of that lifetime.
   *
   * @default 60_000 (1 minute), or a tenth of `renewTimestamp` if that is less
   */
  readonly touchAfter?: number | undefined;

  /**
   * Returns who owns a session: a non-empty string of at most 255 characters, an integer or a bigint. It gets the data
   * as read from JSON, so a Date is a string. `undefined` keeps the current owner, `null` clears it. It must not be an
   * async function.
   *
   * @default (data) => data?.userId, as an own property of the data
   */
  readonly userId?: ((data: T) => string | number | bigint | null | undefined) | undefined;

  /**
   * Maximum number of live sessions of one user, counted when a session is created.
   *
   * @default none
   */
  readonly maxSessionsPerUser?: number | undefined;

  /**
   * What happens at a login beyond that limit: `'evict-oldest'` ends the user's oldest sessions, `'reject'` throws
   * `SessionLimitError`.
   *
   * @default 'evict-oldest'
   */
  readonly onSessionLimit?: 'evict-oldest' | 'reject' | undefined;

  /**
   * Removal of expired sessions in the background, and how long expired and ended ones are kept. `false` for no removal;
   * then a session that ends is deleted at once. Expired and ended sessions are refused either way.
   *
   * @default { interval: 900_000, batchSize: 1000, retention: 86_400_000 }
   */
  readonly cleanup?: CleanupOptions | false | undefined;

  /**
   * How often `SessionWatch` reads the watched sessions, to find those that another process ended.
   *
   * @default { interval: 1000 }
   */
  readonly watch?: WatchOptions | undefined;

  /**
   * Whether the response to the token of an ended session says why it ended. With `false` the reason is always `ended`,
   * since a thief of the token would read it too.
   *
   * @default true
   */
  readonly showEndReason?: boolean | undefined;

  /**
   * Whether a token of the package `server-sessions`, a UUIDv4, opens the session that was imported for it, until the
   * session gets a new token. For the transition only: such a token has 122 random bits, and OWASP ASVS 5.0 (7.2.3)
   * requires 128.
   *
   * @default false
   */
  readonly acceptLegacyTokens?: boolean | undefined;

  /**
   * Source of the time, for tests.
   *
   * @default { now: () => Date.now() }
   */
  readonly clock?: Clock | undefined;
}

/** `ManagerOptions` with its defaults, checked. */
export interface ResolvedManagerOptions extends ExpiryRules, CodecOptions {
  /** The kind of the sessions. */
  readonly kind: string;
  readonly touchAfter: number;
  readonly userId: (data: any) => unknown;
  readonly sessionLimit: SessionLimit | undefined;
  readonly cleanup: ResolvedCleanupOptions | undefined;
  readonly watch: ResolvedWatchOptions;
  readonly showEndReason: boolean;
  readonly acceptLegacyTokens: boolean;
}

export const MANAGER_OPTION_NAMES = [
  'expireTime',
  'renewTimestamp',
  'absoluteTimeout',
  'rolling',
  'touchAfter',
  'userId',
  'maxSessionsPerUser',
  'onSessionLimit',
  'cleanup',
  'watch',
  'showEndReason',
  ...DATA_OPTION_NAMES,
  'acceptLegacyTokens',
  'clock',
] as const satisfies readonly (keyof ManagerOptions)[];

/** @throws SessionsConfigurationError */
export function resolveManagerOptions(
  options: ManagerOptions,
  kind: string = DEFAULT_KIND,
): ResolvedManagerOptions {
  const { rolling = false, acceptLegacyTokens = false, clock = SYSTEM_CLOCK } = options;
  const cleanup = resolveCleanupOptions(options.cleanup);
  const {
    userId = defaultOwner,
    showEndReason = true,
    absoluteTimeout: givenLimit = 30 * DAY,
  } = options;
  const absoluteTimeout = resolveAbsoluteTimeout(givenLimit);
  const { expireTime: givenExpireTime = Math.min(DAY, absoluteTimeout) } = options;
  const expireTime = checkMilliseconds('expireTime', givenExpireTime);
  if (expireTime > absoluteTimeout) {
    throw new SessionsConfigurationError(
      `expireTime (${expireTime} ms) must be at most absoluteTimeout (${absoluteTimeout} ms). ` +
        'Lower expireTime, raise absoluteTimeout, or set absoluteTimeout to false.',
    );
  }
  const { renewTimestamp: givenRenewTimestamp = rolling ? expireTime : HOUR } = options;
  const renewTimestamp = checkMilliseconds('renewTimestamp', givenRenewTimestamp);
  const { touchAfter: givenTouchAfter = Math.max(1, Math.min(MINUTE, renewTimestamp / 10)) } =
    options;
  const touchAfter = checkMilliseconds('touchAfter', givenTouchAfter);
  if (touchAfter >= renewTimestamp && renewTimestamp > 1) {
    throw new SessionsConfigurationError(
      `touchAfter (${touchAfter} ms) must be less than renewTimestamp (${renewTimestamp} ms). ` +
        'Otherwise no renewal is ever written.',
    );
  }
  if (typeof userId !== 'function') {
    throw invalidOption('userId', userId, "a function that returns the user's id");
  }
  if (typeof clock?.now !== 'function') {
    throw invalidOption('clock', clock, 'an object with a method now()');
  }
  return {
    kind,
    clock: wholeMilliseconds(clock),
    expireTime,
    renewTimestamp,
    absoluteTimeout,
    idleTimeout: checkBoolean('rolling', rolling) ? renewTimestamp : NO_LIMIT,
    rolling,
    touchAfter,
    userId,
    sessionLimit: resolveSessionLimit(options),
    cleanup,
    retention: cleanup?.retention ?? 0,
    watch: resolveWatchOptions(options.watch),
    showEndReason: checkBoolean('showEndReason', showEndReason),
    acceptLegacyTokens: checkBoolean('acceptLegacyTokens', acceptLegacyTokens),
    ...resolveDataOptions(options),
  };
}

function resolveSessionLimit({
  maxSessionsPerUser,
  onSessionLimit,
}: ManagerOptions): SessionLimit | undefined {
  if (maxSessionsPerUser === undefined) {
    if (onSessionLimit !== undefined) {
      throw new SessionsConfigurationError(
        'onSessionLimit is set, but there is no limit. Set maxSessionsPerUser too.',
      );
    }
    return undefined;
  }
  const policies = ['evict-oldest', 'reject'] as const;
  const policy = checkOneOf('onSessionLimit', onSessionLimit ?? 'evict-oldest', policies);
  return {
    max: checkInteger('maxSessionsPerUser', maxSessionsPerUser, 1, 10_000),
    evictOldest: policy === 'evict-oldest',
  };
}

function resolveAbsoluteTimeout(value: number | false): number {
  return value === false ? NO_LIMIT : checkMilliseconds('absoluteTimeout', value);
}
