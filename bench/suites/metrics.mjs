import { withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { startServer } from '../servers/servers.mjs';

/** Requests of a turn for each of its seconds: a number and not a time, since the servers are compared by CPU time. */
const REQUESTS_PER_SECOND = 5_000;

/**
 * Measures how many guarded requests a server handles in a second of CPU time, with metrics and without. Two equal servers
 * take turns to be the one with metrics, so that a difference between processes does not count as a cost of metrics.
 */
export function metrics({ rounds, seconds, warmUp, settling, sessions }) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const rates = {};
      const groups = [];
      for (const framework of ['Express', 'Fastify']) {
        const serverWith = async (file) => {
          const options = [`--import=${new URL(`../servers/${file}.mjs`, import.meta.url)}`];
          const name = `${framework}: this library, SQLite`;
          const { ready, ask } = await keep(startServer(name, sessions, placeIn, options));
          const load = await keep(start('process/load.mjs', ready));
          return { ask, turn: (length) => requestsPerSecondOfCpu(ask, load, length) };
        };
        const bare = await serverWith('without-channels');
        const pair = [await serverWith('telemetry'), await serverWith('telemetry')];
        for (const server of [bare, ...pair]) {
          await server.turn(warmUp);
        }
        groups.push({ framework, bare, pair });
      }
      for (let round = 0; round < 2 * rounds; round++) {
        for (const { framework, bare, pair } of groups) {
          const [silent, observed] = round % 2 === 0 ? pair : pair.toReversed();
          const roles = [
            ['without channels', bare],
            ['nobody subscribes', silent],
            ['OpenTelemetry', observed],
          ];
          await observed.ask('subscribe');
          for (const [name, { turn }] of round % 2 === 0 ? roles : roles.toReversed()) {
            await turn(settling);
            (rates[`${framework}: ${name}`] ??= []).push(await turn(seconds));
          }
          await observed.ask('unsubscribe');
        }
      }
      return { rates };
    }),
  );
}

async function requestsPerSecondOfCpu(ask, load, seconds) {
  const amount = Math.ceil(seconds * REQUESTS_PER_SECOND);
  const before = await ask('cpu');
  await load.ask({ amount });
  const microseconds = (await ask('cpu')) - before;
  return (amount / microseconds) * 1e6;
}
