/** `password=`, as in a connection string. */
const PASSWORD = /(?:passw(?:or)?d|pwd)\s*=/i;

/**
 * Returns whether a string may be an address with a password in it, well-formed or not: `user:password@` as in a URL, or
 * `password=`, also percent-encoded. No message shows such a string. The time it takes grows with the length alone.
 */
export function hasCredentials(text: string): boolean {
  const decoded = text.replace(/%(20|3a|3d|40)/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const colon = decoded.indexOf(':');
  return (colon >= 0 && decoded.includes('@', colon)) || PASSWORD.test(decoded);
}
