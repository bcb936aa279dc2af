import { existsSync, readFileSync } from 'node:fs';
import { QueryTypes } from 'sequelize';
import { connect } from '../places.mjs';
import { connectRedis } from '../redis.mjs';

/** The unit of the times in `/proc/…/stat`, in microseconds. */
const TICK_US = 10_000;

/**
 * Returns the CPU time that the processes of the database server have used so far for a place, in microseconds by process.
 * It is empty without a server: SQLite runs in the process that uses it.
 */
export async function databaseCpu(place) {
  return (await READ[place?.database]?.(place)) ?? new Map();
}

/** Returns the microseconds between two results of `databaseCpu`. */
export function cpuSince(before, after) {
  return [...after].reduce((sum, [pid, time]) => sum + time - (before.get(pid) ?? 0), 0);
}

const READ = {
  async PostgreSQL(place) {
    const sequelize = await connect(place);
    const rows = await sequelize.query(
      `SELECT pid FROM pg_stat_activity WHERE query LIKE '%${place.table}%' AND pid <> pg_backend_pid()`,
      { type: QueryTypes.SELECT },
    );
    await sequelize.close();
    return new Map(rows.map(({ pid }) => [pid, timeOf(pid)]));
  },

  async Redis({ url }) {
    const client = await connectRedis(url);
    const info = await client.info('cpu');
    await client.close();
    const seconds = ['user', 'sys'].map((kind) =>
      Number(new RegExp(`used_cpu_${kind}:(\\S+)`).exec(info)[1]),
    );
    return new Map([['redis', (seconds[0] + seconds[1]) * 1e6]]);
  },
};

/** Returns NaN if the server runs in a container or on another machine, where its processes have other ids. */
function timeOf(pid) {
  const file = `/proc/${pid}/stat`;
  // The name, in parentheses, may hold spaces; the times are the 14th and the 15th field.
  const [name, rest] = existsSync(file) ? readFileSync(file, 'utf8').split(') ') : [''];
  if (!name.endsWith('(postgres')) {
    return NaN;
  }
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
