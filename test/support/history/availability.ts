import type { Call } from './history.js';

/** Returns the milliseconds from a moment until a call succeeded that began after it; `Infinity` if none did. */
export function firstSuccessAfter(calls: readonly Call[], moment: number): number {
  const ends = calls
    .filter(({ outcome, start, isAudit }) => outcome === 'ok' && start >= moment && !isAudit)
    .map(({ end }) => end);
  return ends.reduce((first, end) => Math.min(first, end), Infinity) - moment;
}

/** Returns the longest time, in milliseconds, in which no call succeeded. */
export function longestPause(calls: readonly Call[]): number {
  const ends = calls
    .filter(({ outcome, isAudit }) => outcome === 'ok' && !isAudit)
    .map(({ end }) => end)
    .toSorted((one, other) => one - other);
  return ends.reduce((longest, end, index) => Math.max(longest, end - (ends[index - 1] ?? end)), 0);
}
