const DRIVER_OF = { SQLite: 'sqlite3', PostgreSQL: 'pg', MariaDB: 'mariadb' };
const WRITES = ['createSession', 'updateSession', 'renewSession'];

/**
 * The limits that the library must keep. Each is a figure of a suite: the rate of one contender as a multiple of another's
 * (`of`, `over`), or a size or time that the suite measured (`measured`), all by the names that the suite gives them.
 */
export const HELD_TO = [
  {
    suite: 'http',
    what: 'Guarded GET ÷ the same route without sessions, Nest on Express',
    of: 'Express: this library, SQLite',
    over: 'Express: no sessions',
    atLeast: 0.85,
  },
  {
    suite: 'http',
    what: 'Guarded GET ÷ the same route without sessions, Nest on Fastify',
    of: 'Fastify: this library, SQLite',
    over: 'Fastify: no sessions',
    atLeast: 0.5,
  },
  {
    suite: 'http',
    what: 'Guarded GET ÷ express-session + connect-session-sequelize, SQLite',
    of: 'Express: this library, SQLite',
    over: 'Express: express-session + connect-session-sequelize, SQLite',
    atLeast: 6,
  },
  {
    suite: 'http',
    what: 'Guarded GET ÷ the same with `disableTouch`',
    of: 'Express: this library, SQLite',
    over: 'Express: express-session + connect-session-sequelize, SQLite, disableTouch',
    atLeast: 3,
  },
  {
    suite: 'http',
    what: 'Guarded GET ÷ express-session + connect-pg-simple, PostgreSQL',
    of: 'Express: this library, PostgreSQL',
    over: 'Express: express-session + connect-pg-simple, PostgreSQL',
    atLeast: 3,
  },
  {
    suite: 'http',
    what: 'Guarded GET ÷ @fastify/session + connect-session-sequelize, SQLite',
    of: 'Fastify: this library, SQLite',
    over: 'Fastify: @fastify/session + connect-session-sequelize, SQLite',
    atLeast: 5,
  },
  ...[
    ['SQLite', 1.5],
    ['PostgreSQL', 2],
    ['MariaDB', 2],
  ].map(([database, atLeast]) => ({
    suite: 'lookup',
    what: `\`retrieveSession\`, 32 in parallel ÷ a prepared read of \`${DRIVER_OF[database]}\`, ${database}`,
    of: `${database}: retrieveSession, 32 in parallel`,
    over: `${database}: ${DRIVER_OF[database]}, 32 in parallel`,
    atLeast,
  })),
  ...['SQLite', 'PostgreSQL', 'MariaDB'].map((database) => ({
    suite: 'lookup',
    what: `\`retrieveSession\`, one at a time ÷ \`sequelize.query\` with bind, ${database}`,
    of: `${database}: retrieveSession, one at a time`,
    over: `${database}: sequelize.query, one at a time`,
    atLeast: 0.8,
  })),
  ...WRITES.map((call) => ({
    suite: 'write',
    what: `\`${call}\` ÷ the original server-sessions, SQLite as each ships it`,
    of: `SQLite: ${call}`,
    over: `SQLite: ${call} of the original`,
    atLeast: 5,
  })),
  ...['SQLite', 'PostgreSQL', 'MariaDB'].flatMap((database) =>
    WRITES.map((call) => ({
      suite: 'write',
      what: `\`${call}\`, 32 in parallel ÷ its single statement on \`${DRIVER_OF[database]}\`, ${database}`,
      of: `${database}: ${call}`,
      over: `${database}: statement of ${call} on ${DRIVER_OF[database]}`,
      atLeast: 0.5,
    })),
  ),
  ...['SQLite', 'PostgreSQL'].map((database) => ({
    suite: 'growth',
    what: `\`retrieveSession\` at 10,000,000 rows ÷ at 10,000, ${database}`,
    of: `${database}: a large table`,
    over: `${database}: a small table`,
    atLeast: 0.6,
  })),
  ...['Express', 'Fastify'].flatMap((framework) => [
    {
      suite: 'metrics',
      what: `Guarded GETs per CPU second, nobody subscribes ÷ without channels, ${framework}`,
      of: `${framework}: nobody subscribes`,
      over: `${framework}: without channels`,
      // Two equal processes differ by as much.
      atLeast: 0.95,
    },
    {
      suite: 'metrics',
      what: `Guarded GETs per CPU second, with OpenTelemetry ÷ nobody subscribes, ${framework}`,
      of: `${framework}: OpenTelemetry`,
      over: `${framework}: nobody subscribes`,
      atLeast: 0.97,
    },
  ]),
  ...['SQLite', 'PostgreSQL'].map((database) => ({
    suite: 'watch',
    what: `10,000 watched sessions, client and database, ${database}`,
    measured: `${database}: watched sessions`,
    atMost: 8,
  })),
  ...[
    ['growth of the heap', 'Growth of the heap after GC over 100,000 guarded requests', 1],
    ['statements for malformed tokens', 'Statements for malformed tokens', 0],
    ['a malformed token', 'A malformed token, in process', 20],
    ['import', '`import` of the package, beyond Nest and Sequelize', 15],
    ['packed size', 'The package as npm packs it', 600],
  ].map(([measured, what, atMost]) => ({ suite: 'footprint', what, measured, atMost })),
];
