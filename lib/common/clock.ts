/**
 * Where every decision about time comes from. `Date` itself is one; tests pass an object whose time they set.
 *
 * @publicApi
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as `Date.now()` gives them. */
  now(): number;
}
