/**
 * Freezes the data of a session with all that its properties lead to, so that a change that would be lost throws instead.
 * Stops at what is frozen already: a cycle, or an object that froze itself. Binary can't be frozen.
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
