import { checkInteger, checkMilliseconds, ownOptions, invalidOption } from '../../common/checks.js';

/**
 * How long expired and ended sessions are kept, and how they are removed in the background.
 *
 * @publicApi
 */
export interface CleanupOptions {
  /**
   * Milliseconds between two sweeps of this process, plus or minus a random part of up to half. With `false` this process
   * never sweeps, for example because a cron job calls `removeExpiredSessions()`.
   *
   * @default 900_000 (15 minutes)
   */
  readonly interval?: number | false | undefined;
  /**
   * Maximum number of sessions that are deleted at a time, from 1 to 1000.
   *
   * @default 1000
   */
  readonly batchSize?: number | undefined;
  /**
   * Milliseconds that an expired session is kept, and the row of an ended one without its data. So a machine with a fast
   * clock deletes no live session, and a user who returns the next day still gets *expired*, or why the session ended.
   * With 0, a session that ends is deleted at once.
   *
   * @default 86_400_000 (24 hours)
   */
  readonly retention?: number | undefined;
}

export interface ResolvedCleanupOptions {
  readonly interval: number | false;
  readonly batchSize: number;
  readonly retention: number;
}

/** A timer of Node can wait at most 2^31 - 1 ms, and an interval can become one and a half times as long. */
const MAX_INTERVAL_MS = 14 * 24 * 60 * 60 * 1000;

/** @throws SessionsConfigurationError */
export function resolveCleanupOptions(
  cleanup: CleanupOptions | false = {},
): ResolvedCleanupOptions | undefined {
  if (cleanup === false) {
    return undefined;
  }
  if (typeof cleanup !== 'object') {
    throw invalidOption('cleanup', cleanup, 'an object or false');
  }
  const own = ownOptions('cleanup', cleanup, ['interval', 'batchSize', 'retention']);
  const { interval = 15 * 60 * 1000, batchSize = 1000, retention = 24 * 60 * 60 * 1000 } = own;
  return {
    interval:
      interval === false ? false : checkInteger('cleanup.interval', interval, 1, MAX_INTERVAL_MS),
    batchSize: checkInteger('cleanup.batchSize', batchSize, 1, 1000),
    retention: retention === 0 ? 0 : checkMilliseconds('cleanup.retention', retention),
  };
}
