import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { sign } from 'cookie-signature';
import { SECRET } from '../secret.mjs';
import { serveApplication } from '../serve-application.mjs';
import { sessionPropertyController, storedSessions } from '../session-property.mjs';
import { redisStore, sequelizeStore } from './stores.mjs';

const STORES = {
  'connect-redis': redisStore,
  'connect-session-sequelize': (place, stored) =>
    sequelizeStore(fastifySession.Store, place, stored),
};

/** @fastify/session with a store of express-session, which its documentation allows. */
serveApplication(async ({ store: name, place, sessions, sessionOptions }) => {
  const stored = storedSessions(sessions);
  const store = await STORES[name](place, stored);
  const cookie = { secure: false };
  return {
    controller: sessionPropertyController(),
    async use(app) {
      await app.register(fastifyCookie);
      await app.register(fastifySession, { secret: SECRET, store, cookie, ...sessionOptions });
    },
    headers: () =>
      stored.map(({ sid }) => ({ cookie: `sessionId=${encodeURIComponent(sign(sid, SECRET))}` })),
  };
});
