const short = process.env['FAULTS'] === 'short';

/**
 * How much each test of hostile input does. `FAULTS=short npm run test:faults` does less, for every change in CI; without it
 * these are the sizes that the documentation names.
 */
export const SIZES = {
  /** Rows that are damaged. */
  damagedRows: short ? 200 : 1000,
  /** Forged tokens that every method and the requests get. */
  forgedTokens: short ? 5000 : 100_000,
  /** Live sessions that none of them may touch. */
  liveSessions: short ? 500 : 10_000,
  /** Random documents that are stored. */
  documents: short ? 1000 : 10_000,
  /** Random sets of options with which an application is started. */
  optionSets: short ? 500 : 5000,
  /** Tokens and secrets that nothing may show. */
  canaries: short ? 100 : 1000,
  /** Applications that are ended under load. */
  shutdowns: short ? 6 : 50,
  /** The deadline of a call: one that a busy machine can keep, since these tests are not about time. */
  options: { timeout: 60_000 },
} as const;
