/** Returns the error of a rejected promise; throws if it is fulfilled. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('The promise was fulfilled, but a rejection was expected.');
}
