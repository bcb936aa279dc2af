import { checkInteger, ownOptions } from '../../common/checks.js';

/**
 * How `SessionWatch` finds sessions that another process ended.
 *
 * @publicApi
 */
export interface WatchOptions {
  /**
   * Milliseconds between two reads of all watched sessions, so the maximum time until an end in another process is found.
   * This process finds its own ends at once, and expiries on time.
   *
   * @default 1000 (1 second)
   */
  readonly interval?: number | undefined;
}

export interface ResolvedWatchOptions {
  readonly interval: number;
}

const MAX_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** @throws SessionsConfigurationError */
export function resolveWatchOptions(watch: WatchOptions = {}): ResolvedWatchOptions {
  const { interval = 1000 } = ownOptions('watch', watch, ['interval']);
  return { interval: checkInteger('watch.interval', interval, 1, MAX_INTERVAL_MS) };
}
