/**
 * Returns whether a value is a promise, or another object with a method `then`. Nobody awaits it any more, so its
 * rejection is handled here: it must not end the process.
 */
export function isDroppedPromise(value: unknown): value is PromiseLike<unknown> {
  try {
    if (typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then !== 'function') {
      return false;
    }
  } catch {
    return false;
  }
  Promise.resolve(value).catch(() => {});
  return true;
}
