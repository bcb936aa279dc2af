import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { alike, startWorkers } from '../support/processes/workers.js';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { sumOf, unexpectedOutcomes, type Tally } from '../support/processes/tally.js';
import { SIZES } from './sizes.js';

const PROCESSES = 4;
/** Number of sessions in a race between two reads of the table. */
const HEAT = 250;
const WRITES = ['update', 'change', 'renew', 'regenerate', 'regenerate with grace'];

interface Task {
  readonly token: string;
  readonly work: string;
}

describeShared((database) => {
  let sessions: TestSessions<{ count: number }>;

  beforeEach(async () => {
    sessions = await openSessions(database, { clock: Date, ...SIZES.options });
  });
  afterEach(() => sessions.close());

  it(`no session lives on after its removal, in ${SIZES.races} races of 4 processes`, async () => {
    const { manager, select, tableName } = sessions;
    const workers = await startWorkers<{ tasks: Task[] }, Tally>(
      'races.mjs',
      alike(PROCESSES, { place: placeOf(sessions), options: SIZES.options }),
    );
    const reports: Tally[] = [];
    let alive = 0;
    for (let raced = 0; raced < SIZES.races; raced += HEAT) {
      const tokens = await Promise.all(
        Array.from({ length: HEAT }, () => manager.createSession({ count: 0 })),
      );
      reports.push(...(await workers.work(rolesFor(tokens))));
      const ids = tokens.map((token) => `'${token.split('.')[0]}'`);
      alive += (await select(`SELECT id FROM ${tableName} WHERE id IN (${ids.join()})`)).length;
    }
    await workers.end();

    expect(alive).toBe(0);
    const sum = sumOf(reports);
    expect(sum['remove']).toEqual({ ok: SIZES.races });
    const late = { ERR_SESSION_NOT_FOUND: SIZES.races };
    expect(sum).toMatchObject({ 'write after remove': late, 'renewal after remove': late });
    expect(unexpectedOutcomes(sum, ['ERR_SESSION_NOT_FOUND', 'ERR_SESSION_CONFLICT'])).toEqual([]);
    for (const write of WRITES) {
      // Otherwise there was no race: each has come before a removal, and after one.
      expect(sum[write]).toMatchObject({
        ok: expect.any(Number),
        ERR_SESSION_NOT_FOUND: expect.any(Number),
      });
    }
  });
});

/** One process removes each session, a different one each time, and the others write to it in different ways. */
function rolesFor(tokens: readonly string[]): { tasks: Task[] }[] {
  return Array.from({ length: PROCESSES }, (_, member) => ({
    tasks: tokens.map((token, race) => ({
      token,
      work:
        race % PROCESSES === member
          ? 'remove'
          : WRITES[(Math.floor(race / PROCESSES) + member) % WRITES.length]!,
    })),
  }));
}
