import type { SessionRecord } from '../session-record.js';
import type { ParsedToken } from '../token/token.js';

/** What a write left: its result, and the token to go on with, which differs from the old one if that was replaced. */
export interface WriteResult<Result> {
  readonly token: ParsedToken;
  readonly result: Result;
}

/** What an update left: the data, and the owner if it set one (`null`: none). */
export interface Updated<T> {
  /** Returns a new copy of the data, as a read of the session gives it. */
  readonly read: () => T;
  readonly userId: string | null | undefined;
}

/** Returns the record after an update, with what is stored of the data in a copy that can be frozen. */
export function updatedRecord<T>(
  record: SessionRecord<T>,
  { read, userId }: Updated<T>,
): SessionRecord<T> {
  return {
    ...record,
    data: read(),
    userId: userId === undefined ? record.userId : (userId ?? undefined),
  };
}
