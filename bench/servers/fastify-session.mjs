import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { sign } from 'cookie-signature';
import { sequelizeStore } from './sequelize-store.mjs';
import { serveApplication } from './serve-application.mjs';
import { SECRET, sessionPropertyController, storedSessions } from './session-property.mjs';

/** @fastify/session with a store of express-session, which its documentation allows. */
serveApplication(async ({ place, sessions, sessionOptions }) => {
  const stored = storedSessions(sessions);
  const store = await sequelizeStore(fastifySession.Store, place, stored);
  const cookie = { secure: false };
  return {
    controller: sessionPropertyController(),
    async use(app) {
      await app.register(fastifyCookie);
      await app.register(fastifySession, { secret: SECRET, store, cookie, ...sessionOptions });
    },
    cookies: () => stored.map(({ sid }) => `sessionId=${encodeURIComponent(sign(sid, SECRET))}`),
  };
});
