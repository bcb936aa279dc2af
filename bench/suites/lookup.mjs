import { fillPlace } from '../library.mjs';
import { inRounds } from '../measure/rounds.mjs';
import { DATABASES, withRedisPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { PARALLEL } from '../settings.mjs';

const DRIVERS = {
  SQLite: ['sqlite3', 'better-sqlite3'],
  PostgreSQL: ['pg'],
  MariaDB: ['mariadb'],
};

/** Measures reads of one session by its key, on each database: all contenders on the same table. In Redis, GETs. */
export function lookup(settings) {
  return withRedisPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = [];
      for (const database of DATABASES) {
        const place = placeIn(database);
        const order = { place, tokens: await fillPlace(place, settings.sessions) };
        const add = async (name, script, parallel, more = {}) => {
          const { ask } = await keep(start(`calls/${script}.mjs`, { ...order, ...more }));
          contenders.push({
            name: `${database}: ${name}, ${parallel === 1 ? 'one at a time' : `${parallel} in parallel`}`,
            measure: (seconds) => ask({ call: 'retrieve', parallel, seconds }),
          });
        };
        await add('retrieveSession', 'library', PARALLEL);
        await add('retrieveSession with a schema of zod', 'library', PARALLEL, {
          withSchema: true,
        });
        for (const driver of DRIVERS[database]) {
          await add(driver, `${driver}-driver`, PARALLEL);
        }
        if (database === 'PostgreSQL') {
          await add('pg in pipeline mode', 'pg-driver', PARALLEL, { pipeline: true });
        }
        await add('retrieveSession', 'library', 1);
        await add('sequelize.query', 'sequelize-query', 1);
      }
      for (const name of ['node-redis', 'ioredis']) {
        const order = { place: placeIn('Redis'), name, sessions: settings.sessions };
        const { ask } = await keep(start('calls/redis-client.mjs', order));
        contenders.push({
          name: `Redis: GET of ${name}, ${PARALLEL} in parallel`,
          measure: (seconds) => ask({ call: 'retrieve', parallel: PARALLEL, seconds }),
        });
      }
      return { rates: await inRounds(contenders, settings) };
    }),
  );
}
