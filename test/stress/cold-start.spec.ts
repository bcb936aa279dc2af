import { expect, it } from '@jest/globals';
import { alike, startWorkers } from '../support/processes/workers.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { emptyPlace, type Place } from '../support/databases/place.js';
import { sumOf, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

const PROCESSES = 8;

describeShared((database) => {
  it(`${PROCESSES} processes start at the same time on an empty database, ${SIZES.coldStarts} times`, async () => {
    const workers = await startWorkers<{ place: Place }, Tally>(
      'starts.mjs',
      alike(PROCESSES, { options: SIZES.options }),
    );
    const reports: Tally[] = [];
    for (let round = 0; round < SIZES.coldStarts; round++) {
      const { place, remove } = emptyPlace(database);
      reports.push(...(await workers.work(alike(PROCESSES, { place }))));
      await remove();
    }
    await workers.end();
    const all = { ok: PROCESSES * SIZES.coldStarts };
    expect(sumOf(reports)).toEqual({ start: all, create: all, read: all, stop: all });
  });
});
