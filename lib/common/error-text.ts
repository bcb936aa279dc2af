/**
 * Returns the message of an error, or another thrown value as a string. Never throws: a value without a prototype has no
 * string, and a getter `message` can throw.
 */
export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'a value without a message was thrown';
  }
}
