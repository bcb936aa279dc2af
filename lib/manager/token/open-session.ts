import type { TokenStatus } from './token-verifier.js';
import type { SessionRecord } from '../session-record.js';
import type { ParsedToken } from './token.js';

/** A session with the token that gets to it, to change it or, in its `grace` after a rotation, to read it. */
export interface OpenSession<T> extends ParsedToken {
  readonly status: 'live' | 'grace';
  readonly record: SessionRecord<T>;
}

/** A session that was created. */
export interface NewSession<T> {
  readonly token: string;
  /** The session as a read of it gives it. */
  readonly open: () => OpenSession<T>;
}

/** What a token is worth, and the session where it may be read. */
export type LookedUp<T> =
  | { readonly status: 'live' | 'grace'; readonly record: SessionRecord<T> }
  | { readonly status: Exclude<TokenStatus, 'live' | 'grace'>; readonly record: undefined };
