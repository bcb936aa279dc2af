import { AT_HALF_PEAK } from './measure/constant-rate.mjs';

const DATABASES = ['SQLite', 'PostgreSQL', 'MariaDB'];
const DRIVER_OF = { SQLite: 'sqlite3', PostgreSQL: 'pg', MariaDB: 'mariadb' };
const WRITES = ['createSession', 'updateSession', 'renewSession'];

/** A gate that waits for a measurement on a quiet machine. Until then `--check` does not hold the figure. */
const NOT_SET = null;

/** A figure whose target was reached, and is held as it is. */
const reached = (limit) => ({ target: limit, gate: limit });

/**
 * The limits of figures of `http`: how many times as fast the first contender is as the second, at least. `target` is what
 * the library aims at. `gate` is what it reached less the noise of the measurement, and what `--check` holds.
 */
const HTTP = [
  {
    of: 'Express: this library, SQLite',
    over: 'Express: no sessions',
    atLeast: { target: 0.92, gate: 0.85 },
  },
  {
    of: 'Express: this library, PostgreSQL',
    over: 'Express: no sessions',
    atLeast: { target: 0.85, gate: 0.79 },
  },
  {
    of: 'Fastify: this library, SQLite',
    over: 'Fastify: no sessions',
    atLeast: { target: 0.7, gate: 0.5 },
  },
  {
    of: 'Fastify: this library, PostgreSQL',
    over: 'Fastify: no sessions',
    atLeast: { target: 0.6, gate: 0.34 },
  },
  {
    of: 'Express: this library, PostgreSQL',
    over: 'Express: express-session + connect-redis, disableTouch',
    atLeast: { target: 1.45, gate: 0.96 },
  },
  {
    of: 'Fastify: this library, PostgreSQL',
    over: 'Fastify: @fastify/session + connect-redis, rolling: false',
    atLeast: { target: 1.9, gate: 0.9 },
  },
  {
    of: 'Express: this library, SQLite',
    over: 'Express: jose, HS256',
    atLeast: { target: 1.65, gate: 1.2 },
  },
  {
    of: 'Fastify: this library, SQLite',
    over: 'Fastify: jose, HS256',
    atLeast: { target: 3, gate: 0.9 },
  },
  {
    of: 'Express: this library, SQLite',
    over: 'Express: @nestjs/jwt, HS256',
    atLeast: { target: 3.8, gate: 3.4 },
  },
  {
    of: 'Fastify: this library, SQLite',
    over: 'Fastify: @nestjs/jwt, HS256',
    atLeast: { target: 10, gate: 7.3 },
  },
  {
    of: 'Express: this library, SQLite',
    over: 'Express: express-session + connect-session-sequelize, SQLite',
    atLeast: reached(6),
  },
  {
    of: 'Express: this library, SQLite',
    over: 'Express: express-session + connect-session-sequelize, SQLite, disableTouch',
    atLeast: reached(3),
  },
  {
    of: 'Express: this library, PostgreSQL',
    over: 'Express: express-session + connect-pg-simple, PostgreSQL',
    atLeast: reached(3),
  },
  {
    of: 'Fastify: this library, SQLite',
    over: 'Fastify: @fastify/session + connect-session-sequelize, SQLite',
    atLeast: reached(5),
  },
];

/**
 * The limits that the library must keep. Each is a figure of a suite: the rate of one contender as a multiple of another's
 * (`of`, `over`), or a size or time that the suite measured (`measured`), all by the names that the suite gives them.
 */
export const HELD_TO = [
  ...HTTP.map(({ of, over, atLeast }) => ({
    suite: 'http',
    what: `Guarded GET, ${of} ÷ ${over.replace(/^\w+: /, '')}`,
    of,
    over,
    atLeast,
  })),
  ...AT_HALF_PEAK.map(({ name, measured }) => ({
    suite: 'http',
    what: `p99 of a guarded GET at half its peak, ${name} ÷ no sessions at the same rate`,
    measured,
    atMost: { target: 2.5, gate: NOT_SET },
  })),
  ...[
    ['SQLite', 1.5],
    ['PostgreSQL', 2],
    ['MariaDB', 2],
  ].map(([database, limit]) => ({
    suite: 'lookup',
    what: `\`retrieveSession\`, 32 in parallel ÷ a prepared read of \`${DRIVER_OF[database]}\`, ${database}`,
    of: `${database}: retrieveSession, 32 in parallel`,
    over: `${database}: ${DRIVER_OF[database]}, 32 in parallel`,
    atLeast: reached(limit),
  })),
  ...DATABASES.map((database) => ({
    suite: 'lookup',
    what: `\`retrieveSession\`, one at a time ÷ \`sequelize.query\` with bind, ${database}`,
    of: `${database}: retrieveSession, one at a time`,
    over: `${database}: sequelize.query, one at a time`,
    atLeast: reached(0.8),
  })),
  ...['PostgreSQL', 'MariaDB'].map((database) => ({
    suite: 'login',
    what: `Logins with a limit ÷ without, ${database} 2 ms away`,
    of: `${database}, 2 ms away: with a limit`,
    over: `${database}, 2 ms away: without a limit`,
    atLeast: { target: 0.6, gate: 0.07 },
  })),
  ...WRITES.map((call) => ({
    suite: 'write',
    what: `\`${call}\` ÷ the package server-sessions, each with its default SQLite settings`,
    of: `SQLite: ${call}`,
    over: `SQLite: ${call} of the original`,
    atLeast: reached(5),
  })),
  ...DATABASES.flatMap((database) =>
    WRITES.map((call) => ({
      suite: 'write',
      what: `\`${call}\`, 32 in parallel ÷ its single statement on \`${DRIVER_OF[database]}\`, ${database}`,
      of: `${database}: ${call}`,
      over: `${database}: statement of ${call} on ${DRIVER_OF[database]}`,
      atLeast: reached(0.5),
    })),
  ),
  ...['SQLite', 'PostgreSQL'].map((database) => ({
    suite: 'growth',
    what: `\`retrieveSession\` at 10,000,000 rows ÷ at 10,000, ${database}`,
    of: `${database}: a large table`,
    over: `${database}: a small table`,
    atLeast: reached(0.6),
  })),
  ...['Express', 'Fastify'].flatMap((framework) => [
    {
      suite: 'metrics',
      what: `Guarded GETs per CPU second, nobody subscribes ÷ without channels, ${framework}`,
      of: `${framework}: nobody subscribes`,
      over: `${framework}: without channels`,
      // Two equal processes differ by as much.
      atLeast: reached(0.95),
    },
    {
      suite: 'metrics',
      what: `Guarded GETs per CPU second, with OpenTelemetry ÷ nobody subscribes, ${framework}`,
      of: `${framework}: OpenTelemetry`,
      over: `${framework}: nobody subscribes`,
      atLeast: reached(0.97),
    },
  ]),
  ...['SQLite', 'PostgreSQL'].map((database) => ({
    suite: 'watch',
    what: `CPU time for 10,000 watched sessions, client and database, in % of a core, ${database}`,
    measured: `${database}: watched sessions`,
    atMost: reached(8),
  })),
  ...[
    ['growth of the heap', 'Growth of the heap after GC over 100,000 guarded requests', reached(1)],
    ['statements for malformed tokens', 'Statements for malformed tokens', reached(0)],
    ['a malformed token', 'A malformed token, in process', reached(20)],
    ['import', '`import` of the package, beyond Nest and Sequelize', { target: 15, gate: 60 }],
    ['packed size', 'The package as npm packs it', reached(700)],
  ].map(([measured, what, atMost]) => ({ suite: 'footprint', what, measured, atMost })),
];

/** Returns whether a limit names this contender. */
export const isHeld = (name) => HELD_TO.some(({ of, over }) => name === of || name === over);
