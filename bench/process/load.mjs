import autocannon from 'autocannon';
import { PARALLEL } from '../settings.mjs';
import { serve } from './serve.mjs';

/**
 * Sends requests to a server, from a separate process. The sessions are divided among the connections, so that each sends
 * different cookies, and together they send all of them. Responds with the number of responses per second.
 */
serve(({ port, cookies }) => ({
  answer: async ({ seconds, amount }) => {
    let client = 0;
    const setupClient = (connection) => {
      const first = client++;
      const own = cookies.filter((_, n) => n % PARALLEL === first);
      connection.setRequests(own.map((cookie) => ({ headers: { cookie } })));
    };
    const load = autocannon({
      url: `http://127.0.0.1:${port}/greeting`,
      connections: PARALLEL,
      setupClient,
      sampleInt: 50,
      ...(amount === undefined ? { duration: seconds } : { amount }),
    });
    let answers = 0;
    let start;
    let end;
    load.on('response', () => {
      end = performance.now();
      start ??= end;
      answers++;
    });
    const { non2xx, errors, timeouts } = await load;
    if (non2xx + errors + timeouts > 0) {
      throw new Error(
        `Of ${answers} responses, ${non2xx} were not 2xx, and ${errors} requests failed.`,
      );
    }
    return end > start ? (answers - 1) / ((end - start) / 1000) : 0;
  },
}));
