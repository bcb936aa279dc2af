import autocannon from 'autocannon';
import { PARALLEL } from '../settings.mjs';
import { serve } from './serve.mjs';

/**
 * Sends requests to a server, from a process of its own. The sessions are dealt out to the connections, so that each sends
 * cookies that no other sends, and all together send all of them. Answers with how many requests a second were answered.
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
      throw new Error(`Of ${answers} answers ${non2xx} were no success, ${errors} failed.`);
    }
    return end > start ? (answers - 1) / ((end - start) / 1000) : 0;
  },
}));
