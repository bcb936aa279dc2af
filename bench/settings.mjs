/** How much is measured: by `npm run bench`, */
export const FULL = {
  rounds: 7,
  seconds: 2,
  warmUp: 2,
  settling: 0.5,
  sessions: 10_000,
  guardedRequests: 100_000,
  expiredRows: 200_000,
  manyRows: 10_000_000,
  /** The share of its bar that `--check` asks of a figure. */
  shareOfBar: 1,
};

/** and with `--short`, which can only tell that something went badly wrong. */
export const SHORT = {
  rounds: 3,
  seconds: 0.3,
  warmUp: 0.3,
  settling: 0.1,
  sessions: 2_000,
  guardedRequests: 10_000,
  expiredRows: 20_000,
  manyRows: 200_000,
  shareOfBar: 0.25,
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

/** Requests or calls under way at a time. */
export const PARALLEL = 32;

/** Connections of each pool: the default of Sequelize. */
export const POOL_SIZE = 5;
