const short = process.env['FAULTS'] === 'short';

/**
 * How much each test of the faults suite does. `FAULTS=short npm run test:faults` does less, for every change in CI; without
 * it these are the sizes that the documentation names.
 */
export const SIZES = {
  /** How often a process that writes to an SQLite file is killed. */
  writerKills: short ? 30 : 100,
  /** How often a database server is killed during writes. */
  serverKills: short ? 4 : 10,
  /** Number of requests that wait for a database that does not respond. */
  requests: 200,
  /** How often a database server is restarted under an application. */
  restarts: short ? 5 : 20,
  /** Milliseconds within which a request gets a response, with the default `timeout` of 2 s; a busy machine needs more. */
  answered: short ? 15_000 : 2500,
  /** Milliseconds within which a health check is down: the same `timeout`, and 100 ms. */
  down: short ? 15_000 : 2100,
  /** Milliseconds after which requests succeed again. */
  back: short ? 5000 : 1000,
  /** The same after a restarted server listens, which is before it has recovered. */
  restarted: short ? 15_000 : 2000,
  /** How often each framework fails over, and how many logins must succeed after each time. */
  failovers: short ? 1 : 5,
  loginsAfterFailover: short ? 100 : 500,
  /** How often a process stands still while its clients use sessions, and how many clients these are. */
  standstills: short ? 3 : 20,
  standstillClients: short ? 15 : 45,
  /** Milliseconds for which a table is locked against writes. */
  lockedFor: short ? 8000 : 43_000,
  /** Whether each call of a request fails on each framework. If not, the frameworks share the calls. */
  eachFramework: !short,
  /** How many calls race with their own deadline, beside statements of the application. */
  races: short ? 1000 : 10_000,
} as const;
