import type { SessionState } from '../session-row.js';
import type { SessionEnd } from './session-end.js';

/** Someone who waits for the end of a session. */
export interface Watcher {
  readonly onEnd: (end: SessionEnd) => unknown;
  /** The number of the latest read that had begun before the watcher came. Only later ones count for it. */
  readonly after: number;
  /**
   * The hash of the secret that the watcher knows. If no token was given, that of the first read, and `undefined` until then.
   * It never changes after that, since the watcher may not have a newer token.
   */
  secretHash: string | undefined;
  /** Whether that secret was the current one when the session was opened, or at a read. */
  wasCurrent: boolean;
  /** When the proof of the browser that opened the session ends; `Infinity` if the session needed none. */
  readonly openUntil: number;
}

/** What opened a watched session. */
export type Opener = Partial<Pick<Watcher, 'secretHash' | 'wasCurrent' | 'openUntil'>>;

/** The watchers of one session. */
export interface Watched {
  readonly watchers: Set<Watcher>;
  /** By the clock, when the session is to be read even before the next interval: when it expires, or at once. */
  dueAt: number;
}

/**
 * Returns why the watch ends although the session is live; `undefined` if it goes on. The first read of a watcher without a
 * token gives it the current secret.
 */
export function endOfAccess(
  watcher: Watcher,
  state: SessionState,
  now: number,
): 'device' | 'rotated' | undefined {
  watcher.secretHash ??= state.secretHash;
  watcher.wasCurrent ||= watcher.secretHash === state.secretHash;
  if (watcher.openUntil <= now) {
    return 'device';
  }
  return accessUntil(watcher, state) <= now ? 'rotated' : undefined;
}

/**
 * Returns until when rotations leave the watch open: without an end if its secret is current, or has a grace and was current
 * before; to the end of the grace if the session was opened in it. Returns 0 if the secret is replaced and has no grace.
 */
export function accessUntil({ secretHash, wasCurrent }: Watcher, state: SessionState): number {
  if (secretHash === state.secretHash) {
    return Infinity;
  }
  if (secretHash !== state.gracedHash) {
    return 0;
  }
  return wasCurrent ? Infinity : state.gracedUntil;
}

/** Calls a watcher, and waits for an async function, because its rejection would end the process. */
export async function callWatcher(
  { onEnd }: Watcher,
  end: SessionEnd,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    await onEnd(end);
  } catch (error) {
    onError(error);
  }
}
