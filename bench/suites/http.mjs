import { isHeld } from '../held-to.mjs';
import { p99AtHalfPeak } from '../measure/constant-rate.mjs';
import { cpuSince, databaseCpu } from '../measure/database-cpu.mjs';
import { mapValues } from '../measure/map-values.mjs';
import { inRounds } from '../measure/rounds.mjs';
import { withRedisPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { SERVERS, startServer } from '../servers/servers.mjs';

/** Measures a GET that responds with data of the session, on one server after the other; other processes send the load. */
export function http(settings) {
  return withRedisPlaces((placeIn) =>
    together(async (keep) => {
      const contenders = [];
      const readies = {};
      const names = Object.keys(SERVERS);
      for (const name of settings.onlyHeld ? names.filter(isHeld) : names) {
        const server = await keep(startServer(name, settings.sessions, placeIn));
        const load = await keep(start('process/load.mjs', server.ready));
        readies[name] = server.ready;
        contenders.push({ name, measure: (seconds) => measure(server, load, seconds) });
      }
      const turns = await inRounds(contenders, settings);
      const rates = mapValues(turns, (of) => of.map(({ rate }) => rate));
      return {
        rates,
        requests: mapValues(turns, (of, name) => ({
          p50: { unit: 'ms', values: of.map(({ p50 }) => p50) },
          p99: { unit: 'ms', values: of.map(({ p99 }) => p99) },
          CPU: { unit: 'µs', values: of.map(({ cpu }) => cpu) },
          'CPU with database': { unit: 'µs', values: of.map(({ cpuOfBoth }) => cpuOfBoth) },
          Header: { unit: 'bytes', values: [bytesOf(readies[name].headers.at(-1))] },
        })),
        measured: await p99AtHalfPeak(readies, rates, settings, keep),
      };
    }),
  );
}

/** Adds the microseconds of CPU time that each request took in the server's process, and in the database's too. */
async function measure(server, load, seconds) {
  const database = await databaseCpu(server.place);
  const before = await server.ask('cpu');
  const { responses, ...figures } = await load.ask({ seconds });
  const own = (await server.ask('cpu')) - before;
  const both = own + cpuSince(database, await databaseCpu(server.place));
  return { ...figures, cpu: own / responses, cpuOfBoth: both / responses };
}

/** Returns the size of a header, name and value. */
const bytesOf = (header) => Object.entries(header)[0].join(': ').length;
