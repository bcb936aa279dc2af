import autocannon from 'autocannon';
import { percentilesOf } from '../measure/spread.mjs';
import { PARALLEL } from '../settings.mjs';
import { serve } from './serve.mjs';

/**
 * Sends requests to a server, from a separate process. The sessions are divided among the connections, so that each sends
 * different ones, and together they send all of them. Responds with the number of responses, their rate per second, and the
 * milliseconds that half of them and 99 % of them took at most.
 */
serve(({ port, headers }) => ({
  answer: async ({ seconds, amount }) => {
    let client = 0;
    const setupClient = (connection) => {
      const first = client++;
      const own = headers.filter((_, n) => n % PARALLEL === first);
      connection.setRequests(own.map((sent) => ({ headers: sent })));
    };
    const load = autocannon({
      url: `http://127.0.0.1:${port}/greeting`,
      connections: PARALLEL,
      setupClient,
      sampleInt: 50,
      ...(amount === undefined ? { duration: seconds } : { amount }),
    });
    const times = [];
    let start;
    let end;
    load.on('response', (_client, _status, _bytes, milliseconds) => {
      end = performance.now();
      start ??= end;
      times.push(milliseconds);
    });
    const { non2xx, errors, timeouts } = await load;
    if (non2xx + errors + timeouts > 0) {
      throw new Error(
        `Of ${times.length} responses, ${non2xx} were not 2xx, and ${errors} requests failed.`,
      );
    }
    const percentile = percentilesOf(times);
    const timeAt = (share) => percentile(share) ?? seconds * 1000;
    return {
      responses: times.length,
      rate: end > start ? (times.length - 1) / ((end - start) / 1000) : 0,
      p50: timeAt(0.5),
      p99: timeAt(0.99),
    };
  },
}));
