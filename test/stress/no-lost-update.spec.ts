import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alike, startWorkers } from '../support/processes/workers.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { sumOf, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

describeShared((database) => {
  let sessions: TestSessions<{ count: number }>;
  let token: string;

  beforeEach(async () => {
    sessions = await openSessions(database, { clock: Date, ...SIZES.options });
    token = await sessions.manager.createSession({ count: 0 });
  });
  afterEach(() => sessions.close());

  describe('no increment of a counter is lost', () => {
    it('no increment of 50 parallel ones in one process is lost', async () => {
      await Promise.all(
        Array.from({ length: 50 }, () =>
          sessions.manager.updateSession(token, (data) => {
            data.count++;
          }),
        ),
      );
      expect(await sessions.manager.retrieveSession(token)).toEqual({ count: 50 });
    });

    it(`no increment of ${SIZES.increments} in each of 4 processes is lost`, async () => {
      const count = SIZES.increments;
      const workers = await startWorkers<object, Tally>(
        'increments.mjs',
        alike(4, { place: placeOf(sessions), options: SIZES.options }),
      );
      const reports = await workers.work(alike(4, { token, count }));
      await workers.end();
      expect(sumOf(reports)).toEqual({ increment: { ok: 4 * count } });
      expect(await sessions.manager.retrieveSession(token)).toEqual({ count: 4 * count });
    });
  });
});
