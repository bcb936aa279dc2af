import connectPgSimple from 'connect-pg-simple';
import { sign } from 'cookie-signature';
import session from 'express-session';
import pg from 'pg';
import { POOL_SIZE } from '../../settings.mjs';
import { SECRET } from '../secret.mjs';
import { serveApplication } from '../serve-application.mjs';
import { filled, redisStore, sequelizeStore } from './stores.mjs';
import { sessionPropertyController, storedSessions } from '../session-property.mjs';

const STORES = {
  memory: (_, stored) => filled(new session.MemoryStore(), stored),
  'connect-session-sequelize': (place, stored, options) =>
    sequelizeStore(session.Store, place, stored, options),
  'connect-redis': redisStore,
  'connect-pg-simple'(place, stored) {
    const pool = new pg.Pool({ connectionString: place.url, max: POOL_SIZE });
    const PgStore = connectPgSimple(session);
    return filled(
      new PgStore({ pool, tableName: place.table, createTableIfMissing: true }),
      stored,
    );
  },
};

/** express-session with one of its stores, set up as its documentation recommends. */
serveApplication(async ({ store: name, place, sessions, storeOptions }) => {
  const stored = storedSessions(sessions);
  const store = await STORES[name](place, stored, storeOptions);
  return {
    controller: sessionPropertyController(),
    use: (app) =>
      app.use(session({ secret: SECRET, store, resave: false, saveUninitialized: false })),
    headers: () =>
      stored.map(({ sid }) => ({
        cookie: `connect.sid=${encodeURIComponent(`s:${sign(sid, SECRET)}`)}`,
      })),
  };
});
