/** Returns the own properties of an object, without a prototype: additions to `Object.prototype` are left out. */
export function ownProperties<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object);
}
