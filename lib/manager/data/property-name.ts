/**
 * Returns the name of a top-level property for a message; `undefined` for a key that does not look like a name, since it
 * may be data itself, such as an e-mail address.
 */
export function shownProperty(property: PropertyKey | undefined): string | undefined {
  return typeof property === 'string' && /^[A-Za-z_$][\w$]{0,63}$/.test(property)
    ? `"${property}"`
    : undefined;
}
