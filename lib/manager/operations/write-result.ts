import type { SessionRecord } from '../session-record.js';
import type { ParsedToken } from '../token/token.js';

/** The result of a write, and the session's token after it, which is new if the write replaced it. */
export interface WriteResult<Result> {
  readonly token: ParsedToken;
  readonly result: Result;
}

/** The data after an update, and the owner if the update set one (`null`: none). */
export interface Updated<T> {
  /** Returns a new copy of the data, as a read of the session returns it. */
  readonly read: () => T;
  readonly userId: string | null | undefined;
}

/**
 * Returns the record after an update, with a copy of the stored data that can be frozen. If the owner changed, the
 * earlier confirmation does not count any more.
 */
export function updatedRecord<T>(
  record: SessionRecord<T>,
  { read, userId }: Updated<T>,
): SessionRecord<T> {
  const owner = userId === undefined ? record.userId : (userId ?? undefined);
  const confirmedAt = owner === record.userId ? record.confirmedAt : undefined;
  return { ...record, data: read(), userId: owner, confirmedAt };
}
