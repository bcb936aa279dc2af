import { fillPlace } from '../library.mjs';
import { addRows } from '../many-rows.mjs';
import { inRounds } from '../measure/rounds.mjs';
import { DATABASES, withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { PARALLEL } from '../settings.mjs';

const HOUR = 60 * 60 * 1000;

/** Measures reads and updates of one process, alone and while another removes expired sessions from the same table. */
export function sweep(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = [];
      const removals = {};
      for (const database of DATABASES) {
        const place = placeIn(database);
        const tokens = await fillPlace(place, settings.sessions);
        const traffic = await keep(start('calls/library.mjs', { place, tokens }));
        const sweeper = await keep(start('calls/sweep.mjs', { place }));
        const alone = (seconds) => traffic.ask({ call: 'mixed', parallel: PARALLEL, seconds });
        let rows = 0;
        const removed = (removals[`${database}: removal of expired sessions`] = []);
        contenders.push({ name: `${database}: reads and updates, alone`, measure: alone });
        contenders.push({
          name: `${database}: reads and updates, beside a removal`,
          measure: async (seconds) => {
            await addRows(place, rows + 1, (rows += settings.expiredRows), -HOUR);
            const [rate, removedPerSecond] = await Promise.all([
              alone(seconds),
              sweeper.ask({ seconds }),
            ]);
            removed.push(removedPerSecond);
            return rate;
          },
        });
      }
      const rates = await inRounds(contenders, settings);
      return { rates: { ...rates, ...removals } };
    }),
  );
}
