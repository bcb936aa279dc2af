import { fillPlace } from '../library.mjs';
import { connect, withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';

/** Seconds of each round: several intervals, which take a second each. */
const SECONDS = 5;

/** Measures the CPU time, of client and database together, for watched sessions that do not end. */
export function watch({ rounds, sessions }) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const measured = {};
      for (const database of ['SQLite', 'PostgreSQL']) {
        const place = placeIn(database);
        const tokens = await fillPlace(place, sessions);
        await analyze(place);
        const { ask, end } = await keep(start('calls/watch.mjs', { place, tokens }));
        await ask({ seconds: SECONDS });
        const values = [];
        for (let round = 0; round < rounds; round++) {
          values.push(await ask({ seconds: SECONDS }));
        }
        measured[`${database}: watched sessions`] = { unit: '% of a core', values };
        await end();
      }
      return { rates: {}, measured };
    }),
  );
}

/** Does what the server does in the background a minute later: in the middle of the measurement. */
async function analyze(place) {
  if (place.database === 'PostgreSQL') {
    const sequelize = await connect(place);
    await sequelize.query(`VACUUM ANALYZE ${place.table}`);
    await sequelize.close();
  }
}
