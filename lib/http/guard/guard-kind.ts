/** The kind of each class of guards, by the prototype of the class. */
const kinds = new WeakMap<object, string>();

/** Notes the kind of sessions that the guards of a class check. Classes that extend it check the same kind. */
export function noteKind(guard: { readonly prototype: object }, kind: string): void {
  kinds.set(guard.prototype, kind);
}

/** Returns the kind of sessions that a guard checks, given its class or an instance; `undefined` for any other guard. */
export function kindOfGuard(guard: unknown): string | undefined {
  let object: unknown = typeof guard === 'function' ? guard.prototype : guard;
  while (typeof object === 'object' && object !== null) {
    const kind = kinds.get(object);
    if (kind !== undefined) {
      return kind;
    }
    object = Object.getPrototypeOf(object);
  }
  return undefined;
}
