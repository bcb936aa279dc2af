import { readFileSync } from 'node:fs';
import { QueryTypes } from 'sequelize';
import { openSessions, SessionWatch } from '../library.mjs';
import { connect } from '../places.mjs';
import { serve } from '../process/serve.mjs';

/** The unit of the times in `/proc/…/stat`, in milliseconds. */
const TICK_MS = 10;

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
      const pids = await serverProcesses(place);
      const before = cpuTime(pids);
      const start = performance.now();
      await new Promise((done) => setTimeout(done, seconds * 1000));
      if (ended > 0) {
        throw new Error(`${ended} watched sessions ended, but none should.`);
      }
      return (100 * (cpuTime(pids) - before)) / (performance.now() - start);
    },
    close,
  };
});

/** Returns the processes of a PostgreSQL server that have served this place. SQLite runs in this process. */
async function serverProcesses(place) {
  if (place.database !== 'PostgreSQL') {
    return [];
  }
  const sequelize = await connect(place);
  const rows = await sequelize.query(
    `SELECT pid FROM pg_stat_activity WHERE query LIKE '%${place.table}%' AND pid <> pg_backend_pid()`,
    { type: QueryTypes.SELECT },
  );
  await sequelize.close();
  if (rows.length === 0) {
    throw new Error('No process of the PostgreSQL server serves the watched table.');
  }
  return rows.map(({ pid }) => pid);
}

/** Returns the milliseconds of CPU time that this process and those have used. */
function cpuTime(pids) {
  const { user, system } = process.cpuUsage();
  const others = pids.map((pid) => {
    // The name, in parentheses, may hold spaces; the times are the 14th and the 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  });
  return (user + system) / 1000 + others.reduce((sum, time) => sum + time, 0);
}
