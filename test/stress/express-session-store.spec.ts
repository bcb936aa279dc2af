import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { placeOf } from '../support/databases/place.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { alike, startWorkers } from '../support/processes/workers.js';
import { sumOf, unexpectedOutcomes, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

/** How many sessions are in a race at the same moment. */
const HEAT = 50;

interface Round {
  readonly sids: readonly string[];
  readonly work: 'login' | 'requests' | 'logout';
}

describeShared((database) => {
  let sessions: TestSessions<any>;

  beforeEach(async () => {
    sessions = await openSessions(database, { clock: Date, ...SIZES.options });
  });
  afterEach(() => sessions.close());

  it(`a session of express-session that one process has ended is saved by no other, in ${SIZES.races} races of 2`, async () => {
    const secret = randomBytes(32).toString('base64url');
    const order = { place: placeOf(sessions), options: SIZES.options, secret };
    const workers = await startWorkers<Round, Tally>('stores.mjs', alike(2, order));
    const reports: Tally[] = [];
    for (let raced = 0; raced < SIZES.races; raced += HEAT) {
      const sids = Array.from({ length: HEAT }, () => randomBytes(24).toString('base64url'));
      const none = { sids: [], work: 'login' } as const;
      reports.push(...(await workers.work([{ sids, work: 'login' }, none])));
      // The other process sees each session, and ends all of them while the first one saves them.
      reports.push(
        ...(await workers.work([
          { sids, work: 'requests' },
          { sids, work: 'logout' },
        ])),
      );
      expect(await sessions.manager.countSessions()).toBe(0);
    }
    await workers.end();
    const sum = sumOf(reports);
    expect(sum['logout']).toEqual({ ok: SIZES.races });
    expect(unexpectedOutcomes(sum, [])).toEqual([]);
    // Otherwise there was no race.
    expect(sum['save']?.['ok']).toBeGreaterThan(0);
  });
});
