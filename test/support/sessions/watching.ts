import { randomUUID } from 'node:crypto';
import {
  SessionWatch,
  type SessionEnd,
  type SessionManager,
  type WatchEndReason,
} from 'nestjs-server-sessions';

/** A session that a test watches. */
export interface Watching {
  /** What the watch has reported so far. */
  readonly ends: readonly SessionEnd[];
  /** Fulfilled by the first report. */
  readonly ended: Promise<SessionEnd>;
  readonly stop: () => void;
}

/** Returns the public id of a token's session. */
export const idOf = (token: string): string => token.split('.')[0]!;

/** Returns what a watch reports of the session of a token. */
export const endOf = (
  token: string,
  reason: WatchEndReason,
  shownReason: WatchEndReason = reason,
): SessionEnd => ({ id: idOf(token), reason, shownReason });

/** Watches the session with this id. */
export function watchId(
  manager: SessionManager,
  id: string,
  options?: { readonly token: string },
): Watching {
  const ends: SessionEnd[] = [];
  let stop!: () => void;
  const ended = new Promise<SessionEnd>((resolve) => {
    const onEnd = (end: SessionEnd) => {
      ends.push(end);
      resolve(end);
    };
    stop = new SessionWatch(manager).watch(id, onEnd, options);
  });
  return { ends, ended, stop };
}

/** Watches the session of a token, as its holder does. */
export const watchToken = (manager: SessionManager, token: string): Watching =>
  watchId(manager, idOf(token), { token });

/** Returns an id of the right form that no session has. */
export const unknownId = (): string => randomUUID().replace(/^(.{14})4/, '$17');
