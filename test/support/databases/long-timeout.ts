/** A deadline in milliseconds that a busy machine can keep, for tests that are not about deadlines. */
export const PATIENT = 20_000;
