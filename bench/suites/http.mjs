import { deepStrictEqual } from 'node:assert';
import { inRounds } from '../measure/rounds.mjs';
import { withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { sampleSession } from '../sample-session.mjs';

const SEQUELIZE_STORE = { store: 'connect-session-sequelize', database: 'SQLite' };

/** Each of them a server in a process of its own. */
const SERVERS = {
  'Express: no sessions': { script: 'no-sessions' },
  'Express: this library, SQLite': { script: 'library', database: 'SQLite' },
  'Express: express-session + MemoryStore': { script: 'express-session', store: 'memory' },
  'Express: express-session + connect-session-sequelize, SQLite': {
    script: 'express-session',
    ...SEQUELIZE_STORE,
  },
  'Express: express-session + connect-session-sequelize, SQLite, disableTouch': {
    script: 'express-session',
    ...SEQUELIZE_STORE,
    storeOptions: { disableTouch: true },
  },
  'Express: this library, PostgreSQL': { script: 'library', database: 'PostgreSQL' },
  'Express: express-session + connect-pg-simple, PostgreSQL': {
    script: 'express-session',
    store: 'connect-pg-simple',
    database: 'PostgreSQL',
  },
  'Fastify: no sessions': { script: 'no-sessions' },
  'Fastify: this library, SQLite': { script: 'library', database: 'SQLite' },
  'Fastify: @fastify/session + connect-session-sequelize, SQLite': {
    script: 'fastify-session',
    database: 'SQLite',
  },
  'Fastify: @fastify/session + connect-session-sequelize, SQLite, rolling: false': {
    script: 'fastify-session',
    database: 'SQLite',
    sessionOptions: { rolling: false },
  },
};

/** A GET that answers with something from the session, by one server after the other; another process sends the load. */
export function http(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = [];
      for (const [name, { script, database, ...options }] of Object.entries(SERVERS)) {
        const [framework] = name.split(':');
        const place = database && placeIn(database);
        const order = { framework, place, sessions: settings.sessions, ...options };
        const { ready } = await keep(start(`servers/${script}.mjs`, order));
        await checkAnswers(name, ready, script !== 'no-sessions');
        const load = await keep(start('process/load.mjs', ready));
        contenders.push({
          name,
          measure: async (seconds) => (await load.ask({ seconds })).perSecond,
        });
      }
      return { rates: await inRounds(contenders, settings) };
    }),
  );
}

/** A server that turns everybody away would be fast, and so would one that lets everybody in. */
async function checkAnswers(name, { port, cookies }, guarded) {
  const get = (headers) => fetch(`http://127.0.0.1:${port}/greeting`, { headers });
  const answer = await get({ cookie: cookies.at(-1) });
  deepStrictEqual([name, await answer.json()], [name, { hello: sampleSession(0).name }]);
  const { status } = await get({});
  deepStrictEqual([name, status], [name, guarded ? 401 : 200]);
}
