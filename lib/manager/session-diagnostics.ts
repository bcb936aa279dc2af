import type { SessionEvent } from './session-events.js';

/**
 * The channels of `node:diagnostics_channel` on which the library publishes, and their messages, about all managers of the
 * process. Without a subscriber nothing is measured or built. No message holds a token, a hash or data. Messages about
 * sessions of a named kind (`defineSessions()`) have it as `kind`.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * subscribe('nestjs-server-sessions:lookup', (message) => {
 *   const { milliseconds } = message as SessionDiagnostics['nestjs-server-sessions:lookup'];
 * });
 * ```
 * @publicApi
 */
export interface SessionDiagnostics {
  /**
   * A lookup by a token ended. `milliseconds` count from the call, the wait for a statement and a connection included.
   * `error` is the `SessionStoreError` if it failed.
   */
  'nestjs-server-sessions:lookup': {
    readonly milliseconds: number;
    readonly error: unknown;
    /** The name of the kind. */
    readonly kind?: string;
  };
  /** A statement was sent for `size` lookups that waited. */
  'nestjs-server-sessions:batch': {
    readonly size: number;
    /** The name of the kind. */
    readonly kind?: string;
  };
  /** A connection left the pool: it broke, became read-only, or had a statement that was late. */
  'nestjs-server-sessions:drop': Readonly<Record<string, never>>;
  /** Something happened to a session, was refused or failed, as `events$` of the manager says. */
  'nestjs-server-sessions:event': SessionEvent;
  /** The live session of a request is known, by its public id; published in the asynchronous context of the request. */
  'nestjs-server-sessions:request': {
    readonly id: string;
    /** The name of the kind. */
    readonly kind?: string;
  };
}
