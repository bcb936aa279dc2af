/** Returns all objects that a value leads to, including the value itself. */
export function reachableFrom(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value === 'object' && value !== null && !found.has(value)) {
    found.add(value);
    for (const key of Reflect.ownKeys(value)) {
      reachableFrom((value as Record<PropertyKey, unknown>)[key], found);
    }
    if (value instanceof Map || value instanceof Set) {
      for (const content of value) {
        reachableFrom(content, found);
      }
    }
  }
  return found;
}

/** Changes every object that a value leads to, if possible. */
export function damageAll(value: unknown): void {
  for (const object of reachableFrom(value)) {
    if (object instanceof Map) {
      object.set('damaged', true);
    } else if (object instanceof Set) {
      object.add('damaged');
    } else if (object instanceof Date) {
      object.setTime(1);
    } else if (object instanceof RegExp) {
      object.lastIndex = 7;
    } else if (object instanceof URL) {
      object.pathname = '/damaged';
    } else {
      Reflect.set(object, 'damaged', true);
    }
  }
}
