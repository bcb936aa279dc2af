import { withPlaces } from './places.mjs';
import { start } from './process/start.mjs';
import { together } from './process/together.mjs';
import { HASHES } from './settings.mjs';

/**
 * Measures how bursts of password hashes slow down the lookups of the embedded database, whose driver shares libuv's
 * threads with them: `npm run build && node bench/hashes.mjs [seconds of each line]` prints the table of docs/faults.md.
 */
const seconds = Number(process.argv[2] ?? 10);

console.log('| Hashes at once | Run at a time | `UV_THREADPOOL_SIZE` | p50 | p99 | 503 |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const { hashes, atOnce, threads } of HASHES) {
  process.env.UV_THREADPOOL_SIZE = String(threads);
  const times = await withPlaces((placeIn) =>
    together(async (keep) => {
      const order = { file: placeIn('SQLite').file };
      const { ask } = await keep(start('calls/lookups-beside-hashes.mjs', order));
      return ask({ hashes, atOnce: atOnce === 'all' ? hashes : atOnce, seconds });
    }),
  );
  const failed = times.filter((time) => time === null).length / times.length;
  const figures = [timeAt(0.5, times), timeAt(0.99, times), `${(100 * failed).toFixed(0)} %`];
  console.log(`| ${[hashes, atOnce, threads, ...figures].join(' | ')} |`);
}

/** Returns the maximum time of this share of the lookups. */
function timeAt(share, times) {
  const time = times[Math.floor((times.length - 1) * share)];
  return time === null ? '503' : `${Number(time.toPrecision(2))} ms`;
}
