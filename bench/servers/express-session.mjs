import connectPgSimple from 'connect-pg-simple';
import { sign } from 'cookie-signature';
import session from 'express-session';
import pg from 'pg';
import { calledBack } from '../called-back.mjs';
import { POOL_SIZE } from '../settings.mjs';
import { sequelizeStore } from './sequelize-store.mjs';
import { serveApplication } from './serve-application.mjs';
import { SECRET, sessionPropertyController, storedSessions } from './session-property.mjs';

const STORES = {
  memory: (_, stored) => filled(new session.MemoryStore(), stored),
  'connect-session-sequelize': (place, stored, options) =>
    sequelizeStore(session.Store, place, stored, options),
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
    cookies: () =>
      stored.map(({ sid }) => `connect.sid=${encodeURIComponent(`s:${sign(sid, SECRET)}`)}`),
  };
});

async function filled(store, stored) {
  const set = ({ sid, session: data }) => calledBack((callback) => store.set(sid, data, callback));
  await Promise.all(stored.map(set));
  return store;
}
