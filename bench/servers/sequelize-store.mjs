import connectSessionSequelize from 'connect-session-sequelize';
import { connect } from '../places.mjs';

/** The store connect-session-sequelize over SQLite, with these sessions in it; it extends `Store`. */
export async function sequelizeStore(Store, place, stored, options = {}) {
  const SequelizeStore = connectSessionSequelize(Store);
  const store = new SequelizeStore({
    db: await connect(place),
    tableName: place.table,
    ...options,
  });
  await store.sync();
  const expires = new Date(Date.now() + 24 * 60 * 60 * 1000);
  await store.sessionModel.bulkCreate(
    stored.map(({ sid, session }) => ({ sid, expires, data: JSON.stringify(session) })),
  );
  return store;
}
