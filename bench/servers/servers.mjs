import { deepStrictEqual } from 'node:assert';
import { start } from '../process/start.mjs';
import { greetingOf } from './greeting.mjs';

const BARE = { script: 'no-sessions' };
const LIBRARY = { script: 'library' };
const JWT = {
  '@nestjs/jwt, HS256': { script: 'nestjs-jwt' },
  'jose, HS256': { script: 'jose', algorithm: 'HS256' },
  'jose, ES256': { script: 'jose', algorithm: 'ES256' },
};
const IRON = { 'iron-session': { script: 'iron-session' } };
const BETTER_AUTH = {
  'better-auth, SQLite': { script: 'better-auth', database: 'SQLite' },
  'better-auth, SQLite, cookie cache': {
    script: 'better-auth',
    database: 'SQLite',
    cookieCache: true,
  },
};

const expressSession = (store, database, storeOptions) => ({
  script: 'express-session',
  store,
  database,
  storeOptions,
});
const fastifySession = (store, database, sessionOptions) => ({
  script: 'fastify-session',
  store,
  database,
  sessionOptions,
});

/** The contenders of each framework. */
const CONTENDERS = {
  Express: {
    'no sessions': BARE,
    'this library, SQLite': { ...LIBRARY, database: 'SQLite' },
    'this library, PostgreSQL': { ...LIBRARY, database: 'PostgreSQL' },
    'express-session + MemoryStore': expressSession('memory'),
    'express-session + connect-redis': expressSession('connect-redis', 'Redis'),
    'express-session + connect-redis, disableTouch': expressSession('connect-redis', 'Redis', {
      disableTouch: true,
    }),
    'express-session + connect-session-sequelize, SQLite': expressSession(
      'connect-session-sequelize',
      'SQLite',
    ),
    'express-session + connect-session-sequelize, SQLite, disableTouch': expressSession(
      'connect-session-sequelize',
      'SQLite',
      { disableTouch: true },
    ),
    'express-session + connect-pg-simple, PostgreSQL': expressSession(
      'connect-pg-simple',
      'PostgreSQL',
    ),
    ...JWT,
    ...IRON,
    ...BETTER_AUTH,
  },
  Fastify: {
    'no sessions': BARE,
    'this library, SQLite': { ...LIBRARY, database: 'SQLite' },
    'this library, PostgreSQL': { ...LIBRARY, database: 'PostgreSQL' },
    '@fastify/session + connect-redis': fastifySession('connect-redis', 'Redis'),
    '@fastify/session + connect-redis, rolling: false': fastifySession('connect-redis', 'Redis', {
      rolling: false,
    }),
    '@fastify/session + connect-session-sequelize, SQLite': fastifySession(
      'connect-session-sequelize',
      'SQLite',
    ),
    '@fastify/session + connect-session-sequelize, SQLite, rolling: false': fastifySession(
      'connect-session-sequelize',
      'SQLite',
      { rolling: false },
    ),
    ...JWT,
    ...IRON,
    ...BETTER_AUTH,
  },
};

/** The servers that are compared over HTTP, by `framework: contender`. */
export const SERVERS = Object.fromEntries(
  Object.entries(CONTENDERS).flatMap(([framework, contenders]) =>
    Object.entries(contenders).map(([name, order]) => [
      `${framework}: ${name}`,
      { framework, ...order },
    ]),
  ),
);

/** Starts one of the servers with so many sessions, and checks that it lets in only requests with a session. */
export async function startServer(name, sessions, placeIn, nodeOptions) {
  const { script, database, ...options } = SERVERS[name];
  const place = database && placeIn(database);
  const order = { place, sessions, ...options };
  const server = await start(`servers/contenders/${script}.mjs`, order, nodeOptions);
  const { port, headers } = server.ready;
  const get = (sent) => fetch(`http://127.0.0.1:${port}/greeting`, { headers: sent });
  const open = script === 'no-sessions';
  const answer = await get(headers.at(-1));
  deepStrictEqual([name, await answer.json()], [name, greetingOf(open ? 0 : sessions - 1)]);
  for (const sent of [{}, altered(headers.at(-1))]) {
    const { status } = await get(sent);
    deepStrictEqual([name, status], [name, open ? 200 : 401]);
  }
  return { ...server, place };
}

/** Where every contender has a part of the token or of its signature. */
const ALTERED_AT = 60;

/** Returns a header with another character in its token. */
function altered(header) {
  const [[name, value]] = Object.entries(header);
  const other = value[ALTERED_AT] === 'x' ? 'y' : 'x';
  return { [name]: value.slice(0, ALTERED_AT) + other + value.slice(ALTERED_AT + 1) };
}
