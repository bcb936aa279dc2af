import type { SessionState } from '../session-row.js';
import type { SessionEnd } from './session-end.js';

/** Someone who waits for the end of a session. */
export interface Watcher {
  readonly onEnd: (end: SessionEnd) => unknown;
  /** The number of the latest read that had begun before the watcher came. Only later ones count for it. */
  readonly after: number;
  /**
   * The hash of the secret that the watcher knows. If no token was given, that of the first read, and `undefined` until then.
   * It never changes: a watch does not take over the access of a token that its holder may not have.
   */
  secretHash: string | undefined;
  /** Whether that secret was the current one when the session was opened, or at a read. */
  wasCurrent: boolean;
  /** When what opened the session ends, a proof of its browser; `Infinity` if it needed none. */
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
 * Returns until when a rotation leaves the watch open: to the end of the grace if the session was opened in it, and without
 * an end if the secret is current or was so when the session was opened. It is 0 if the secret has no grace.
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
