/**
 * Freezes JSON data through and through, so that a change that would be lost throws instead; also within what a schema has
 * frozen by itself.
 */
export function deepFreeze<T>(data: T): T {
  if (typeof data === 'object' && data !== null) {
    Object.freeze(data);
    for (const value of Object.values(data)) {
      deepFreeze(value);
    }
  }
  return data;
}
