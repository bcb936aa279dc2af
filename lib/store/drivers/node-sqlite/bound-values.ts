import { isDate } from 'node:util/types';
import type { SqliteValue, StatementValues } from './node-sqlite.js';

/** Returns the values of a statement as `node:sqlite` takes them: a list for `?`, an object for `$name`. */
export function toStatementValues(values: unknown): StatementValues {
  if (Array.isArray(values)) {
    return values.map(toSqliteValue);
  }
  const named = Object.entries(values ?? {});
  return [Object.fromEntries(named.map(([name, value]) => [name, toSqliteValue(value)]))];
}

/** Returns a value as the package `sqlite3` would store it. `node:sqlite` would bind an integer as a REAL. */
function toSqliteValue(value: unknown): SqliteValue {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'string':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    default:
      return fromObject(value);
  }
}

function fromObject(value: unknown): SqliteValue {
  if (value === undefined || value === null) {
    return null;
  }
  if (isDate(value)) {
    return BigInt(value.getTime());
  }
  // A copy: a buffer is often a small part of a large one, which would go to the thread too.
  return ArrayBuffer.isView(value)
    ? Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
    : `${value as string}`;
}
