/**
 * Returns the name of a top-level property for a message, or `undefined` for a key of another form, which may be data
 * itself, as in a record by e-mail address.
 */
export function shownProperty(property: PropertyKey | undefined): string | undefined {
  return typeof property === 'string' && /^[A-Za-z_$][\w$]{0,63}$/.test(property)
    ? `"${property}"`
    : undefined;
}
