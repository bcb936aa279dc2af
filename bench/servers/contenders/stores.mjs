import { RedisStore } from 'connect-redis';
import connectSessionSequelize from 'connect-session-sequelize';
import { calledBack } from '../../called-back.mjs';
import { connect } from '../../places.mjs';
import { connectRedis } from '../../redis.mjs';

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

/** The store connect-redis, with these sessions in it. */
export async function redisStore(place, stored, options = {}) {
  const client = await connectRedis(place.url);
  return filled(new RedisStore({ client, prefix: `${place.table}:`, ...options }), stored);
}

/** Puts sessions into a store of express-session. */
export async function filled(store, stored) {
  const set = ({ sid, session }) => calledBack((callback) => store.set(sid, session, callback));
  await Promise.all(stored.map(set));
  return store;
}
