import { openSessions, SessionWatch } from '../library.mjs';
import { cpuSince, databaseCpu } from '../measure/database-cpu.mjs';
import { serve } from '../process/serve.mjs';

/** Watches the sessions of these tokens; responds with the share of a core that this takes, in percent. */
serve(async ({ place, tokens }) => {
  const { manager, close } = await openSessions(place);
  const watch = new SessionWatch(manager);
  let ended = 0;
  for (const token of tokens) {
    watch.watch(token.split('.')[0], () => ended++, { token });
  }
  return {
    answer: async ({ seconds }) => {
      const database = await databaseCpu(place);
      if (place.database === 'PostgreSQL' && database.size === 0) {
        throw new Error('No process of the PostgreSQL server serves the watched table.');
      }
      const own = process.cpuUsage();
      const start = performance.now();
      await new Promise((done) => setTimeout(done, seconds * 1000));
      if (ended > 0) {
        throw new Error(`${ended} watched sessions ended, but none should.`);
      }
      const { user, system } = process.cpuUsage(own);
      const milliseconds = performance.now() - start;
      const spent = user + system + cpuSince(database, await databaseCpu(place));
      return spent / 10 / milliseconds;
    },
    close,
  };
});
