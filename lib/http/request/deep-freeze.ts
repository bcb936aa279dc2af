/**
 * Freezes session data with all objects in it, so that a change that would be lost throws instead. Stops at objects
 * that are frozen already, so also at a cycle. Binary data can't be frozen.
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
