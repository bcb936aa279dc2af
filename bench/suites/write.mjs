import { fillPlace } from '../library.mjs';
import { inRounds } from '../measure/rounds.mjs';
import { DATABASES, withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { PARALLEL } from '../settings.mjs';

const DRIVERS = { SQLite: 'sqlite3', PostgreSQL: 'pg', MariaDB: 'mariadb' };
const CALLS = { create: 'createSession', update: 'updateSession', renew: 'renewSession' };

/** Measures writes of one session each, 32 in parallel, with a separate table for every contender. */
export function write(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = [];
      const add = (nameOf, { ask }) => {
        for (const [call, method] of Object.entries(CALLS)) {
          const measure = (seconds) => ask({ call, parallel: PARALLEL, seconds });
          contenders.push({ name: nameOf(method), measure });
        }
      };
      for (const database of DATABASES) {
        const filled = async () => {
          const place = placeIn(database);
          return { place, tokens: await fillPlace(place, settings.sessions) };
        };
        const driver = DRIVERS[database];
        const library = await keep(start('calls/library.mjs', await filled()));
        add((method) => `${database}: ${method}`, library);
        const raw = await keep(start(`calls/${driver}-driver.mjs`, await filled()));
        add((method) => `${database}: statement of ${method} on ${driver}`, raw);
        const grouped = await keep(start('calls/grouped-writes.mjs', await filled()));
        add((method) => `${database}: statement of ${method} on ${driver}, in groups`, grouped);
      }
      // With its defaults, each session takes some milliseconds, so it starts with fewer.
      const order = { place: placeIn('SQLite'), sessions: settings.sessions / 10 };
      const original = await keep(start('calls/original.mjs', order));
      add((method) => `SQLite: ${method} of the original`, original);
      return { rates: await inRounds(contenders, settings) };
    }),
  );
}
