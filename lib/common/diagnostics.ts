import { channel, type Channel } from 'node:diagnostics_channel';

/** Gets `{ milliseconds, error }` for each lookup that ended, by the key, as each request with a token causes one. */
export const LOOKUPS: Channel = channel('nestjs-server-sessions:lookup');

/** Gets `{ size }` for each statement of lookups: the number of lookups that it serves. */
export const BATCHES: Channel = channel('nestjs-server-sessions:batch');

/** Gets `{}` for each connection that the store takes out of the pool. */
export const DROPS: Channel = channel('nestjs-server-sessions:drop');

/** Gets the event of each session, as `events$` of its manager does. */
export const EVENTS: Channel = channel('nestjs-server-sessions:event');

/** Gets `{ id }`, the public id, for each request whose live session is known, in the asynchronous context of the request. */
export const REQUESTS: Channel = channel('nestjs-server-sessions:request');

/** Waits for a lookup, and publishes it if somebody listens. */
export function publishLookup<Result>(look: () => Promise<Result>): Promise<Result> {
  return LOOKUPS.hasSubscribers ? published(look()) : look();
}

async function published<Result>(lookup: Promise<Result>): Promise<Result> {
  const start = performance.now();
  let error: unknown;
  try {
    return await lookup;
  } catch (thrown) {
    error = thrown;
    throw thrown;
  } finally {
    LOOKUPS.publish({ milliseconds: performance.now() - start, error });
  }
}
