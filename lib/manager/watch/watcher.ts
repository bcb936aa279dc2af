import type { SessionState } from '../session-row.js';
import type { SessionEnd } from './session-end.js';

/** Someone who waits for the end of a session. */
export interface Watcher {
  readonly onEnd: (end: SessionEnd) => unknown;
  /** The number of the latest read that had begun before the watcher came. Only later ones count for it. */
  readonly after: number;
  /** The hash of the secret that the watcher knows; `undefined` until its first read if no token was given. */
  secretHash: string | undefined;
  /** When what opened the session ends, a proof of its browser; `Infinity` if it needed none. */
  readonly openUntil: number;
}

/** The watchers of one session. */
export interface Watched {
  readonly watchers: Set<Watcher>;
  /** By the clock, when the session is to be read even before the next interval: when it expires, or at once. */
  dueAt: number;
}

/** Whether a rotation without a grace has replaced the secret that the watcher knows. */
export function isRotated({ secretHash }: Watcher, state: SessionState): boolean {
  return (
    secretHash !== undefined && secretHash !== state.secretHash && secretHash !== state.gracedHash
  );
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
