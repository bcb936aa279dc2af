import { openSessions } from '../library.mjs';
import { ownerOf, tokenOf } from '../many-rows.mjs';
import { percentilesOf } from '../measure/spread.mjs';
import { serve } from '../process/serve.mjs';
import { sampleSession } from '../sample-session.mjs';

/** Multiples of the golden ratio, without their whole part, reach all parts of a table, of any size. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Runs calls one after the other, on a table with so many sessions; responds with p50 and p99 of their milliseconds. */
serve(async ({ place, rows }) => {
  const { manager, close } = await openSessions(place);
  const limited = await openSessions(place, { maxSessionsPerUser: 5 });
  // A login ends older sessions of its user. So only every other user logs in, and the rest can be read.
  const nth = (n) => 2 + 2 * Math.floor(((n * GOLDEN_RATIO) % 1) * (rows / 2));
  let turn = 0;
  const calls = {
    read: (n) => manager.retrieveSession(tokenOf(nth(n))),
    renew: (n) => manager.renewSession(tokenOf(nth(n))),
    create: (n) => manager.createSession(sampleSession(n)),
    'login with a limit': (n) =>
      limited.manager.createSession({ ...sampleSession(n), userId: ownerOf(nth(n) - 1) }),
    list: (n) => manager.listSessions(ownerOf(nth(n))),
    'sweep of 1,000': () => sweepOnce(manager),
  };
  return {
    answer: async ({ call, times }) => {
      const took = [];
      while (took.length < times) {
        const start = performance.now();
        await calls[call](turn++);
        took.push(performance.now() - start);
      }
      const percentile = percentilesOf(took);
      return { p50: percentile(0.5), p99: percentile(0.99) };
    },
    close: () => Promise.all([close(), limited.close()]),
  };
});

/** Deletes one batch of expired sessions. */
function sweepOnce(manager) {
  const stop = new AbortController();
  return manager.removeExpiredSessions({
    batchSize: 1000,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
}
