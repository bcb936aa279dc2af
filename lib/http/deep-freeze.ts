/**
 * Freezes the data of a session with all that its properties lead to, so that a change that would be lost throws instead.
 *
 * @param seen what is frozen already, since a schema can make cycles
 */
export function deepFreeze<T>(data: T, seen = new Set<unknown>()): T {
  if (typeof data === 'object' && data !== null && !ArrayBuffer.isView(data) && !seen.has(data)) {
    seen.add(data);
    Object.freeze(data);
    for (const value of Object.values(data)) {
      deepFreeze(value, seen);
    }
  }
  return data;
}
