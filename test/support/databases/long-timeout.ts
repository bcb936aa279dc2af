/** A deadline in milliseconds that a busy machine can keep, for tests that are not about deadlines. */
export const LONG_TIMEOUT_MS = 20_000;
