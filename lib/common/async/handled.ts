/**
 * Returns the promise of a read. A caller that awaits it gets its error. If nobody awaits it, such as in the constructor of
 * a request-scoped service, the error does not end the process.
 */
export function handled<Result>(promise: Promise<Result>): Promise<Result> {
  promise.catch(() => {});
  return promise;
}
