import { start } from '../process/start.mjs';
import { inRounds } from './rounds.mjs';
import { ratiosOf, spreadOf } from './spread.mjs';

/** The servers whose p99 at a constant rate is measured, and the name of what is measured. */
export const AT_HALF_PEAK = ['Express', 'Fastify'].flatMap((framework) =>
  ['SQLite', 'PostgreSQL'].map((database) => {
    const name = `${framework}: this library, ${database}`;
    return { name, bare: `${framework}: no sessions`, measured: `${name}, p99 ÷ no sessions` };
  }),
);

/**
 * Measures the p99 of guarded requests that arrive at half the rate of the server's peak, as a multiple of the p99 of the
 * bare route at the same rate.
 *
 * @param readies what each server said when it was ready, by name
 * @param rates the peak of each server in each round, by name
 */
export async function p99AtHalfPeak(readies, rates, settings, keep) {
  const measured = {};
  for (const { name, bare, measured: ratio } of AT_HALF_PEAK) {
    const perSecond = spreadOf(rates[name]).median / 2;
    const contenders = await Promise.all(
      [name, bare].map(async (server) => {
        const { ask } = await keep(start('process/arrivals.mjs', readies[server]));
        return { name: server, measure: (seconds) => ask({ seconds, perSecond }) };
      }),
    );
    const p99 = await inRounds(contenders, settings);
    const at = `${Math.round(perSecond).toLocaleString('en-US')} requests a second`;
    measured[`${name}, p99 at ${at}`] = { unit: 'ms', values: p99[name] };
    measured[`${bare}, p99 at ${at}`] = { unit: 'ms', values: p99[bare] };
    measured[ratio] = { unit: '×', values: ratiosOf(p99[name], p99[bare]) };
  }
  return measured;
}
