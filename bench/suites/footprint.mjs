import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withPlaces } from '../places.mjs';
import { start } from '../process/start.mjs';
import { together } from '../process/together.mjs';
import { startServer } from '../servers/servers.mjs';

const MEBIBYTE = 1024 * 1024;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Measures the memory, import time and disk space of the library, and the cost of a malformed token. */
export async function footprint(settings) {
  const malformed = await times(settings.rounds, malformedToken);
  return {
    measured: {
      'growth of the heap': { unit: 'MiB', values: await heapGrowth(settings) },
      'statements for malformed tokens': {
        unit: '',
        values: malformed.map(({ statements }) => statements),
      },
      'a malformed token': {
        unit: 'µs',
        values: malformed.map(({ microseconds }) => microseconds),
      },
      import: { unit: 'ms', values: await times(settings.rounds, importTime) },
      'packed size': { unit: 'KB', values: [await packedSize()] },
    },
  };
}

/**
 * Returns by how many MiB a server's heap grows over so many guarded requests, with garbage collected before and after.
 */
function heapGrowth({ guardedRequests, sessions }) {
  return withPlaces((placeIn) =>
    together(async (keep) => {
      const name = 'Express: this library, SQLite';
      const server = await keep(startServer(name, sessions, placeIn, ['--expose-gc']));
      const load = await keep(start('process/load.mjs', server.ready));
      await load.ask({ amount: guardedRequests });
      return times(3, async () => {
        const before = await server.ask('heap');
        await load.ask({ amount: guardedRequests });
        return ((await server.ask('heap')) - before) / MEBIBYTE;
      });
    }),
  );
}

function malformedToken() {
  return together(async (keep) => {
    const { ask } = await keep(start('calls/malformed-token.mjs', {}));
    await ask('warm up');
    return ask('measure');
  });
}

function importTime() {
  return together(async (keep) => (await keep(start('calls/import.mjs', {}))).ready);
}

/** Returns a size in KB of 1,000 bytes. */
async function packedSize() {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT });
  return JSON.parse(stdout)[0].size / 1000;
}

async function times(count, measure) {
  const results = [];
  for (let n = 0; n < count; n++) {
    results.push(await measure());
  }
  return results;
}
