/** `user:password@`, as in a URL, or `password=`, as in a connection string. */
const CREDENTIALS = /:.*@|(?:passw(?:or)?d|pwd)\s*=/is;

/** Whether a text may be an address with a password in it, well-formed or not. No message shows such a text. */
export function hasCredentials(text: string): boolean {
  return CREDENTIALS.test(text);
}
