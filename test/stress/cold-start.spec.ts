import { expect, it } from '@jest/globals';
import {
  alike,
  describeShared,
  emptyPlace,
  startCrew,
  type Place,
} from '../support/processes/workers.js';
import { sumOf, type Tally } from '../support/processes/outcome-counts.js';
import { SIZES } from './sizes.js';

const PROCESSES = 8;

describeShared((database) => {
  it(`${PROCESSES} processes start at once on an empty database, ${SIZES.coldStarts} times`, async () => {
    const crew = await startCrew<{ place: Place }, Tally>(
      'starts.mjs',
      alike(PROCESSES, { options: SIZES.options }),
    );
    const reports: Tally[] = [];
    for (let round = 0; round < SIZES.coldStarts; round++) {
      const { place, remove } = emptyPlace(database);
      reports.push(...(await crew.work(alike(PROCESSES, { place }))));
      await remove();
    }
    await crew.dismiss();
    const all = { ok: PROCESSES * SIZES.coldStarts };
    expect(sumOf(reports)).toEqual({ start: all, create: all, read: all, stop: all });
  });
});
