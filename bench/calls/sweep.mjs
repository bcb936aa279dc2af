import { openSessions } from '../library.mjs';
import { serve } from '../process/serve.mjs';

/** Removes expired sessions for a given time; responds with how many it removed per second. */
serve(async ({ place }) => {
  const { manager, close } = await openSessions(place);
  return {
    answer: async ({ seconds }) => {
      const start = performance.now();
      const signal = AbortSignal.timeout(seconds * 1000);
      const removed = await manager.removeExpiredSessions({ signal });
      return removed / ((performance.now() - start) / 1000);
    },
    close,
  };
});
