import { randomBytes, scrypt } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { init } from '../../dist/index.js';
import { sampleSession } from '../sample-session.mjs';
import { serve } from '../process/serve.mjs';

const hash = promisify(scrypt);

/** One of the settings of equal strength in OWASP's Password Storage Cheat Sheet; 16 MiB each. */
const STRENGTH = { N: 2 ** 14, r: 8, p: 5 };

/** Milliseconds between two lookups, which, like requests, do not wait for each other. */
const PACE = 10;

/** Ends with the last of the hashes; if there are none, after a while. */
async function burst(hashes, atOnce) {
  let left = hashes;
  const hashing = Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      await hash('correct horse', randomBytes(16), 64, STRENGTH);
    }
  });
  await Promise.all([...hashing, setTimeout(PACE)]);
}

/**
 * Responds with the time of lookups in the embedded database with its defaults, during bursts of so many password hashes,
 * of which so many run at a time: sorted milliseconds, `null` for each lookup that failed.
 */
serve(async ({ file }) => {
  const manager = await init({ storagePath: file });
  const token = await manager.createSession(sampleSession(0));
  return {
    answer: async ({ hashes, atOnce, seconds }) => {
      const lookups = [];
      const lookUp = () => {
        const start = performance.now();
        const taken = () => performance.now() - start;
        lookups.push(manager.retrieveSession(token).then(taken, () => Infinity));
      };
      const pace = setInterval(lookUp, PACE);
      const end = performance.now() + seconds * 1000;
      while (performance.now() < end) {
        await burst(hashes, atOnce);
      }
      clearInterval(pace);
      const times = await Promise.all(lookups);
      return times.sort((a, b) => a - b).map((time) => (time === Infinity ? null : time));
    },
    close: () => manager.close(),
  };
});
