/** The own properties of an object, without a prototype: what other code put on `Object.prototype` is not among them. */
export function ownProperties<T extends object>(object: T): T {
  return Object.assign(Object.create(null), object);
}
