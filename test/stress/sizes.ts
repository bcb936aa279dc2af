const short = process.env['STRESS'] === 'short';

/**
 * How much each test of the stress suite does. `STRESS=short npm run test:stress` does less, for every change in CI; without it
 * these are the sizes that the documentation names.
 */
export const SIZES = {
  /** Increments of one counter by each of four processes. */
  increments: short ? 100 : 1000,
  /** Sessions that four processes change, renew, rotate and remove at the same moment. */
  races: short ? 1000 : 10_000,
  /** Visitors who log in while two processes change their session. */
  carriedLogins: short ? 100 : 1000,
  /** Logins of one user, from four processes together. */
  logins: 200,
  /** Different users whose logins may keep no memory. */
  usersWhoLogIn: short ? 5000 : 30_000,
  /** Milliseconds for which users log in, in each of six rounds. */
  loginRound: short ? 300 : 2000,
  /** Seconds of mixed load. */
  seconds: short ? 5 : 30,
  /** How often eight processes start on an empty database. */
  coldStarts: short ? 3 : 20,
  /** Parallel requests on one rolling session. */
  requests: 1000,
  /** Sessions that are renewed once a minute. */
  renewedSessions: short ? 100 : 1000,
  /** Expired rows that one sweep removes. */
  expiredRows: short ? 50_000 : 1_000_000,
  /** Live sessions of a user for whom a limit is turned on. */
  liveRows: short ? 20_000 : 100_000,
  /** Ended or expired sessions of one user. */
  oldRows: short ? 20_000 : 100_000,
  /** Sessions of which operators see the newest. */
  surveyedRows: short ? 20_000 : 1_000_000,
  /** Sessions of server-sessions that one import copies. */
  importedRows: short ? 20_000 : 1_000_000,
  /** Random pairs of option sets, most of them on an SQLite file. */
  optionPairs: short ? 50 : 1000,
  /** Whether a test checks times, which a busy machine can't keep. */
  timed: !short,
  /** The deadline of a call: what users have by default, or one that a busy machine can keep. */
  options: short ? { timeout: 20_000 } : {},
} as const;
