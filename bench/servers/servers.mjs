import { deepStrictEqual } from 'node:assert';
import { start } from '../process/start.mjs';
import { sampleSession } from '../sample-session.mjs';

const EXPRESS_SESSION = { script: 'express-session', database: 'SQLite' };
const FASTIFY_SESSION = { script: 'fastify-session', database: 'SQLite' };

/** The servers that are compared over HTTP, by `framework: session library`. */
export const SERVERS = {
  'Express: no sessions': { script: 'no-sessions' },
  'Express: this library, SQLite': { script: 'library', database: 'SQLite' },
  'Express: express-session + MemoryStore': { script: 'express-session', store: 'memory' },
  'Express: express-session + connect-session-sequelize, SQLite': {
    ...EXPRESS_SESSION,
    store: 'connect-session-sequelize',
  },
  'Express: express-session + connect-session-sequelize, SQLite, disableTouch': {
    ...EXPRESS_SESSION,
    store: 'connect-session-sequelize',
    storeOptions: { disableTouch: true },
  },
  'Express: this library, PostgreSQL': { script: 'library', database: 'PostgreSQL' },
  'Express: express-session + connect-pg-simple, PostgreSQL': {
    ...EXPRESS_SESSION,
    store: 'connect-pg-simple',
    database: 'PostgreSQL',
  },
  'Fastify: no sessions': { script: 'no-sessions' },
  'Fastify: this library, SQLite': { script: 'library', database: 'SQLite' },
  'Fastify: @fastify/session + connect-session-sequelize, SQLite': FASTIFY_SESSION,
  'Fastify: @fastify/session + connect-session-sequelize, SQLite, rolling: false': {
    ...FASTIFY_SESSION,
    sessionOptions: { rolling: false },
  },
};

/** Starts one of the servers with so many sessions, and checks that it lets in only requests with a session. */
export async function startServer(name, sessions, placeIn, nodeOptions) {
  const { script, database, ...options } = SERVERS[name];
  const [framework] = name.split(':');
  const order = { framework, place: database && placeIn(database), sessions, ...options };
  const server = await start(`servers/${script}.mjs`, order, nodeOptions);
  const { port, cookies } = server.ready;
  const get = (headers) => fetch(`http://127.0.0.1:${port}/greeting`, { headers });
  const answer = await get({ cookie: cookies.at(-1) });
  deepStrictEqual([name, await answer.json()], [name, { hello: sampleSession(0).name }]);
  const { status } = await get({});
  deepStrictEqual([name, status], [name, script === 'no-sessions' ? 200 : 401]);
  return server;
}
