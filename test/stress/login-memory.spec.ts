import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import {
  describeDatabases,
  openSessions,
  type TestSessions,
} from '../support/databases/databases.js';
import { LONG_TIMEOUT_MS } from '../support/databases/long-timeout.js';
import { SIZES } from './sizes.js';

const MEBIBYTE = 1024 * 1024;
/** Bytes that a login may keep: one that keeps anything of its user or session keeps at least as many. */
const BYTES = 100;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Returns how much of the heap is in use, without garbage. */
function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describeDatabases((database) => {
  let sessions: TestSessions;
  let user = 0;

  const logIn = async (logins: number) => {
    const end = user + logins;
    const browser = async () => {
      while (user < end) {
        await sessions.manager.createSession({ userId: `user-${user++}` });
      }
    };
    await Promise.all(Array.from({ length: 8 }, browser));
  };

  beforeEach(async () => {
    sessions = await openSessions(database, { maxSessionsPerUser: 5, timeout: LONG_TIMEOUT_MS });
  });
  afterEach(() => sessions.close());

  it(`${SIZES.usersWhoLogIn} logins of different users keep no memory`, async () => {
    await logIn(1000);
    const before = heap();
    await logIn(SIZES.usersWhoLogIn);
    const limit = Math.max(MEBIBYTE, SIZES.usersWhoLogIn * BYTES);
    expect(heap() - before).toBeLessThan(limit);
  });
});
