import { afterEach, describe, expect, it } from '@jest/globals';
import type { InitOptions } from 'nestjs-server-sessions';
import { alike, startWorkers } from '../support/processes/workers.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { sumOf, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

const MOST = 5;
const PROCESSES = 4;

interface LoginReport {
  readonly tally: Tally;
  readonly logins: readonly { readonly id: string; readonly evicted: readonly string[] }[];
}

describeShared((database) => {
  let sessions: TestSessions;
  afterEach(() => sessions.close());

  /** `watch` runs until the logins are done. */
  const logIn = async (limit: InitOptions, watch = async (_over: () => boolean) => {}) => {
    const options = { ...limit, ...SIZES.options };
    sessions = await openSessions(database, { clock: Date, ...options });
    const workers = await startWorkers<object, LoginReport>(
      'logins.mjs',
      alike(PROCESSES, { place: placeOf(sessions), options }),
    );
    const round = { userId: 'ann', count: SIZES.logins / PROCESSES };
    let over = false;
    const work = workers.work(alike(PROCESSES, round)).finally(() => (over = true));
    const [reports] = await Promise.all([work, watch(() => over)]);
    await workers.end();
    return { tally: sumOf(reports.map(({ tally }) => tally)), logins: loginsOf(reports) };
  };
  const liveIds = async () => (await sessions.manager.listSessions('ann')).map(({ id }) => id);

  describe(`${SIZES.logins} logins of one user at once, from 4 processes`, () => {
    it(`parallel logins leave ${MOST} sessions if the oldest make room, and evict no parallel login`, async () => {
      const { tally, logins } = await logIn({ maxSessionsPerUser: MOST });
      expect(tally).toEqual({ login: { ok: SIZES.logins } });
      const evicted = logins.flatMap((login) => login.evicted);
      expect(new Set(evicted).size).toBe(evicted.length);
      expect(logins.filter((login) => login.evicted.includes(login.id))).toEqual([]);

      const live = await liveIds();
      expect(live).toHaveLength(MOST);
      const created = logins.map(({ id }) => id);
      expect([...live, ...evicted].toSorted()).toEqual(created.toSorted());

      const last = await sessions.manager.createSession({ userId: 'ann' });
      await sessions.manager.retrieveSession(last);
      expect(await liveIds()).toHaveLength(MOST);
    });

    it(`parallel logins never exceed ${MOST} sessions if more are refused`, async () => {
      const counts: number[] = [];
      const limit = { maxSessionsPerUser: MOST, onSessionLimit: 'reject' } as const;
      const { tally } = await logIn(limit, async (over) => {
        while (!over()) {
          counts.push((await liveIds()).length);
        }
      });
      expect(tally).toEqual({ login: { ok: MOST, ERR_SESSION_LIMIT: SIZES.logins - MOST } });
      expect(counts.length).toBeGreaterThan(0);
      expect(Math.max(...counts)).toBeLessThanOrEqual(MOST);
      expect(await liveIds()).toHaveLength(MOST);
    });
  });
});

function loginsOf(reports: readonly LoginReport[]): LoginReport['logins'] {
  return reports.flatMap(({ logins }) => logins);
}
