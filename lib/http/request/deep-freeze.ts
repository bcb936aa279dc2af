/**
 * Freezes session data and all objects in it. So a change to the data throws, because such a change would be lost. Skips
 * objects that are already frozen, which also ends a cycle. Binary data can't be frozen.
 */
export function deepFreeze<T>(data: T): T {
  if (
    typeof data === 'object' &&
    data !== null &&
    !Object.isFrozen(data) &&
    !ArrayBuffer.isView(data)
  ) {
    Object.freeze(data);
    for (const value of Object.values(data)) {
      deepFreeze(value);
    }
  }
  return data;
}
