import { open, serve, Tally } from './worker.mjs';

/** Number of calls in flight. */
const AT_ONCE = 2;

/** Creates, renews and changes sessions until it is stopped; reports how long the calls took, in milliseconds. */
await serve(async ({ place, options }) => {
  const { manager, close } = await open(place, options);
  return {
    close,
    async round(_, stopping) {
      const tally = new Tally();
      const waits = [];
      const timed = async (what, call) => {
        const start = performance.now();
        const result = await tally.take(what, call);
        waits.push(performance.now() - start);
        return result;
      };
      const writer = async () => {
        while (!stopping.aborted) {
          const token = await timed('create', manager.createSession({ visits: 0 }));
          await timed('renew', manager.renewSession(token));
          await timed('update', manager.updateSession(token, { visits: 1 }));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, writer));
      waits.sort((a, b) => a - b);
      return {
        tally: tally.counts,
        writes: waits.length,
        usual: waits[Math.floor(waits.length * 0.99)],
        longest: waits.at(-1),
      };
    },
  };
});
