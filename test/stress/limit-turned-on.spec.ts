import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { addLiveRows } from '../support/databases/many-rows.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { SIZES } from './sizes.js';

const { liveRows, timed } = SIZES;
const LIMIT = 5;

describeShared((database) => {
  let sessions: TestSessions;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      clock: Date,
      cleanup: false,
      maxSessionsPerUser: LIMIT,
      ...SIZES.options,
    });
    await addLiveRows(sessions, liveRows);
  });
  afterEach(() => sessions.close());

  /** Returns the milliseconds that each of ten logins of other users takes. */
  const loginsOf = async (prefix: string) => {
    const times: number[] = [];
    for (let index = 0; index < 10; index++) {
      const start = performance.now();
      await sessions.manager.createSession({ userId: `${prefix} ${index}` });
      times.push(performance.now() - start);
    }
    return times.toSorted((a, b) => a - b)[5]!;
  };

  it(`a limit that is turned on for a user with ${liveRows} live sessions holds up nobody`, async () => {
    const alone = await loginsOf('before');
    let evicted = 0;
    const done = new Promise<void>((resolve) =>
      sessions.manager.events$.subscribe((event) => {
        evicted += event.type === 'evicted' && event.userId === 'ann' ? 1 : 0;
        if (evicted === liveRows + 1 - LIMIT) {
          resolve();
        }
      }),
    );
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const start = performance.now();
    const token = await sessions.manager.createSession({ userId: 'ann' });
    const login = performance.now() - start;
    const counts: number[] = [];
    let beside = 0;
    let isDone = false;
    void done.then(() => (isDone = true));
    while (!isDone) {
      counts.push(await sessions.manager.countSessions('ann'));
      beside = Math.max(beside, await loginsOf('beside'));
    }
    const seconds = (performance.now() - start) / 1000;
    delay.disable();
    printTable(`A limit of ${LIMIT} turned on for ${liveRows} sessions on ${database.name}`, [
      {
        'the login': `${login.toFixed(0)} ms`,
        'all evicted after': `${seconds.toFixed(1)} s`,
        'event loop blocked, at most': `${(delay.max / 1e6).toFixed(0)} ms`,
        'login of another user before': `${alone.toFixed(1)} ms`,
        'and meanwhile': `${beside.toFixed(1)} ms`,
      },
    ]);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    await expect(sessions.manager.countSessions('ann')).resolves.toBe(LIMIT);
    await expect(sessions.manager.retrieveSession(token)).resolves.toEqual({ userId: 'ann' });
    if (timed) {
      expect(delay.max / 1e6).toBeLessThanOrEqual(50);
    }
  });
});
