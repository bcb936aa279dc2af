import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ADAPTERS } from '../support/applications/applications.js';
import { expectOwnSessions, type Statuses } from '../support/applications/two-deploys.js';
import { optionPairs } from '../support/arbitraries/option-pairs.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { SIZES } from './sizes.js';

/** To run a failure again: what it printed as its seed and its path. */
const { PAIRS_SEED, PAIRS_PATH } = process.env;

describeShared((database) => {
  const isFile = database.storagePath !== undefined;
  const numRuns = SIZES.optionPairs * (isFile ? 0.8 : 0.1);

  it(`no response is a 500 or shows another user's session, for ${numRuns} pairs of option sets on live sessions`, async () => {
    const seen: Statuses = {};
    const holds = fc.asyncProperty(optionPairs, fc.nat(), async (pair, seed) => {
      const adapter = ADAPTERS[seed % ADAPTERS.length]!;
      const statuses = await expectOwnSessions(database, adapter, pair, seed);
      for (const [status, count] of Object.entries(statuses)) {
        seen[Number(status)] = (seen[Number(status)] ?? 0) + count;
      }
    });
    await fc.assert(holds, {
      numRuns,
      endOnFailure: true,
      ...(PAIRS_SEED !== undefined && { seed: Number(PAIRS_SEED) }),
      ...(PAIRS_PATH !== undefined && { path: PAIRS_PATH }),
    });
    printTable(`Pairs of option sets on ${database.name}`, [{ pairs: numRuns, ...seen }]);
    const requests = Object.values(seen).reduce((sum, count) => sum + count, 0);
    expect(seen[200]).toBeGreaterThan(requests / 2);
  });
});
