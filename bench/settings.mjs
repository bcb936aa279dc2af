/** The amounts of `npm run bench`. */
export const FULL = {
  rounds: 7,
  seconds: 2,
  warmUp: 2,
  settling: 0.5,
  sessions: 10_000,
  guardedRequests: 100_000,
  expiredRows: 200_000,
  manyRows: 10_000_000,
  /** Calls whose times are measured one by one, in a second of a turn. */
  callsPerSecond: 150,
  /** The share of its gate that `--check` requires of a figure. */
  shareOfBar: 1,
  /** Whether `http` leaves out the contenders that no limit names. */
  onlyHeld: false,
};

/** The amounts of `--short`, which can only show that something went badly wrong. */
export const SHORT = {
  rounds: 2,
  seconds: 0.3,
  warmUp: 0.2,
  settling: 0.1,
  sessions: 500,
  guardedRequests: 5_000,
  expiredRows: 5_000,
  manyRows: 20_000,
  callsPerSecond: 150,
  shareOfBar: 0.25,
  onlyHeld: true,
};

/** Bursts of password hashes: how many, how many of them run at a time (all without a limit), and libuv's threads. */
export const HASHES = [
  { hashes: 0, atOnce: 'all', threads: 4 },
  { hashes: 20, atOnce: 'all', threads: 4 },
  { hashes: 100, atOnce: 'all', threads: 4 },
  { hashes: 20, atOnce: 'all', threads: 64 },
  { hashes: 100, atOnce: 'all', threads: 64 },
  { hashes: 100, atOnce: 2, threads: 4 },
];

/** Number of requests or calls in flight. */
export const PARALLEL = 32;

/** Number of connections of each pool: the default of Sequelize. */
export const POOL_SIZE = 5;
