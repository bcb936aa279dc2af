import { inRounds } from '../measure/rounds.mjs';
import { withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { PARALLEL } from '../settings.mjs';

/** The databases, and how many milliseconds away they are. SQLite is in the process. */
const DATABASES = [
  ['SQLite', 0],
  ['PostgreSQL', 0],
  ['PostgreSQL', 2],
  ['MariaDB', 0],
  ['MariaDB', 2],
];

const LIMITS = {
  'without a limit': {},
  'with a limit': { maxSessionsPerUser: 5 },
};

/** Measures logins, 32 in parallel, each of another user, with and without a limit to the sessions of a user. */
export function login(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = [];
      for (const [database, milliseconds] of DATABASES) {
        for (const [limit, options] of Object.entries(LIMITS)) {
          const place = await away(milliseconds, placeIn(database), keep);
          const { ask } = await keep(start('calls/library.mjs', { place, options }));
          const where = milliseconds > 0 ? `${database}, ${milliseconds} ms away` : database;
          contenders.push({
            name: `${where}: ${limit}`,
            measure: (seconds) => ask({ call: 'login', parallel: PARALLEL, seconds }),
          });
        }
      }
      return { rates: await inRounds(contenders, settings) };
    }),
  );
}

/** Returns the same place behind a network that takes so many milliseconds for each round trip. */
async function away(milliseconds, place, keep) {
  if (milliseconds === 0) {
    return place;
  }
  const url = new URL(place.url);
  const port = Number(url.port || DEFAULT_PORTS[place.database]);
  const order = { host: url.hostname, port, milliseconds };
  const proxy = await keep(start('process/distance.mjs', order));
  url.hostname = '127.0.0.1';
  url.port = proxy.ready.port;
  return { ...place, url: url.href };
}

const DEFAULT_PORTS = { PostgreSQL: 5432, MariaDB: 3306 };
