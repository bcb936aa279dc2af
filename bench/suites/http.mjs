import { inRounds } from '../measure/rounds.mjs';
import { withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { SERVERS, startServer } from '../servers/servers.mjs';

/** Measures a GET that responds with data of the session, on one server after the other; other processes send the load. */
export function http(settings) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = await Promise.all(
        Object.keys(SERVERS).map(async (name) => {
          const { ready } = await keep(startServer(name, settings.sessions, placeIn));
          const { ask } = await keep(start('process/load.mjs', ready));
          return { name, measure: (seconds) => ask({ seconds }) };
        }),
      );
      return { rates: await inRounds(contenders, settings) };
    }),
  );
}
