const short = process.env['FAULTS'] === 'short';

/**
 * How much each test of the faults suite does. `FAULTS=short npm run test:faults` does less, for every change in CI; without
 * it these are the sizes that the documentation names.
 */
export const SIZES = {
  /** Times that a process that writes to an SQLite file is killed. */
  writerKills: 100,
  /** Times that a database server is killed while it is written to. */
  serverKills: 10,
  /** Requests that wait at a time for a database that does not answer. */
  requests: 200,
  /** Times that a database server is restarted under an application. */
  restarts: short ? 5 : 20,
  /** Milliseconds within which a request is answered, with the default `timeout` of 2 s; a busy machine needs more. */
  answered: short ? 15_000 : 2500,
  /** Milliseconds after which requests succeed again. */
  back: short ? 5000 : 1000,
  /** Milliseconds after which they do so once a restarted server listens, which is before it has recovered. */
  restarted: short ? 15_000 : 2000,
} as const;
