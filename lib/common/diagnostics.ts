import { channel, type Channel } from 'node:diagnostics_channel';
import { shownKind } from './kind.js';

/** Gets `{ milliseconds, error, kind }` for each finished lookup by a session's id. A request causes one per token. */
export const LOOKUPS: Channel = channel('nestjs-server-sessions:lookup');

/** Gets `{ size, kind }` for each statement of lookups: the number of lookups that it serves. */
export const BATCHES: Channel = channel('nestjs-server-sessions:batch');

/** Gets `{}` for each connection that the store removes from the pool. */
export const DROPS: Channel = channel('nestjs-server-sessions:drop');

/** Gets the event of each session, as `events$` of its manager does. */
export const EVENTS: Channel = channel('nestjs-server-sessions:event');

/** Gets `{ id, kind }`, the public id, for each request whose live session is known, in the asynchronous context of the request. */
export const REQUESTS: Channel = channel('nestjs-server-sessions:request');

/** Waits for a lookup of a session of this kind, and publishes it if somebody listens. */
export function publishLookup<Result>(kind: string, look: () => Promise<Result>): Promise<Result> {
  return LOOKUPS.hasSubscribers ? published(kind, look()) : look();
}

async function published<Result>(kind: string, lookup: Promise<Result>): Promise<Result> {
  const start = performance.now();
  let error: unknown;
  try {
    return await lookup;
  } catch (thrown) {
    error = thrown;
    throw thrown;
  } finally {
    LOOKUPS.publish({ milliseconds: performance.now() - start, error, ...shownKind(kind) });
  }
}
