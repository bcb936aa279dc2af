import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { placeOf } from '../support/databases/place.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { alike, startWorkers } from '../support/processes/workers.js';
import { sumOf, unexpectedOutcomes, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

/** How many credentials are in a race at the same moment. */
const HEAT = 50;

interface Round {
  readonly keys: readonly string[];
  readonly work: 'exchange' | 'logout';
}

describeShared((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, { clock: Date, ...SIZES.options });
  });
  afterEach(() => sessions.close());

  // Without rows of ended sessions, only the mark of a credential stands between a logout and the next exchange.
  it.each([{ cleanup: { interval: false, retention: 60_000 } }, { cleanup: { retention: 0 } }])(
    `no exchange undoes a logout, in ${SIZES.races / 2} races with %j`,
    async (cleanup) => {
      const secret = randomBytes(32).toString('base64url');
      const order = { place: placeOf(sessions), options: { ...SIZES.options, ...cleanup }, secret };
      const workers = await startWorkers<Round, Tally>('exchanges.mjs', alike(3, order));
      const reports: Tally[] = [];
      for (let raced = 0; raced < SIZES.races / 2; raced += HEAT) {
        const keys = Array.from({ length: HEAT }, () => randomBytes(9).toString('hex'));
        const exchanging = { keys, work: 'exchange' } as const;
        reports.push(...(await workers.work([exchanging, { keys, work: 'logout' }, exchanging])));
        // What comes later opens nothing either.
        reports.push(
          ...(await workers.work([exchanging, exchanging, { keys: [], work: 'logout' }])),
        );
        expect(await sessions.manager.countSessions()).toBe(0);
      }
      await workers.end();
      const sum = sumOf(reports);
      expect(sum['logout']).toEqual({ ok: SIZES.races / 2 });
      expect(unexpectedOutcomes(sum)).toEqual([]);
    },
  );
});
