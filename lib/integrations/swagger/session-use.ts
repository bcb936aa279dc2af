import type { SessionHttpCode } from '../../http/errors/session-http.exception.js';

/**
 * What a handler does with the session of a request.
 *
 * @publicApi
 */
export type SessionUse = 'read' | 'optional' | 'start' | 'update' | 'fresh' | 'end';

/** What a use means for a client. */
interface DocumentedUse {
  /** Whether a request needs a session, may have one, or needs none. */
  readonly session: 'required' | 'optional' | 'none';
  /** The codes of its responses, besides those that every use of a session can have. */
  readonly codes: readonly SessionHttpCode[];
}

const UNAUTHORIZED = ['SESSION_MISSING', 'SESSION_NOT_FOUND', 'SESSION_EXPIRED'] as const;

/** All uses, by the name that `@ApiSession()` takes. */
export const USES: Readonly<Record<SessionUse, DocumentedUse>> = {
  read: { session: 'required', codes: UNAUTHORIZED },
  optional: { session: 'optional', codes: [] },
  start: { session: 'none', codes: ['SESSION_DATA_TOO_LARGE', 'SESSION_LIMIT'] },
  update: {
    session: 'required',
    codes: [...UNAUTHORIZED, 'SESSION_CONFLICT', 'SESSION_DATA_TOO_LARGE'],
  },
  fresh: { session: 'required', codes: [...UNAUTHORIZED, 'SESSION_NOT_FRESH'] },
  end: { session: 'optional', codes: [] },
};

/** The codes that every use can have: 403 if another origin sent an unsafe request, 503 without a database. */
export const COMMON_CODES = [
  'SESSION_CROSS_ORIGIN',
  'SESSION_STORE_UNAVAILABLE',
] as const satisfies readonly SessionHttpCode[];
