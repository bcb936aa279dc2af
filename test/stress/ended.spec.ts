import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { describeShared } from '../support/databases/shared-databases.js';
import { placeOf } from '../support/databases/place.js';
import { openSessions, type TestSessions } from '../support/databases/databases.js';
import { printTable } from '../support/processes/markdown-table.js';
import { sumOf, unexpectedOutcomes, type Tally } from '../support/processes/tally.js';
import { startWorkers } from '../support/processes/workers.js';
import { SIZES } from './sizes.js';

const HOUR = 60 * 60 * 1000;
/** Milliseconds by which the clock of each process differs. */
const SKEWS = [-5000, 0, 0, 5000];
/** Number of sessions in a race between two reads of the table. */
const HEAT = 250;
const ENDINGS = ['token', 'id', 'user', 'erase', 'login', 'logout', 'replace', 'carry'];
/** Endings after which no session of the race can live, whatever the others do. */
const CERTAIN = ['id', 'user', 'erase'];
const WRITES = ['update', 'change', 'renew', 'regenerate', 'confirm', 'touch', 'acting'];
const CLEANUP = { interval: false, retention: HOUR } as const;

interface Task {
  readonly token: string;
  readonly userId: string;
  readonly work: string;
}

interface Report {
  readonly counts: Tally;
  /** How many events ended each session. */
  readonly ended: Readonly<Record<string, number>>;
}

const idOf = (token: string) => token.split('.')[0]!;

describeShared((database) => {
  let sessions: TestSessions<{ userId: string; count: number }>;

  beforeEach(async () => {
    sessions = await openSessions(database, {
      clock: Date,
      cleanup: CLEANUP,
      ...SIZES.options,
    });
  });
  afterEach(() => sessions.close());

  describe('endings beside writes', () => {
    it(`each session ends once and stays ended, in ${SIZES.races} races of processes whose clocks differ`, async () => {
      const { manager, select, tableName } = sessions;
      const options = { ...SIZES.options, cleanup: CLEANUP, maxSessionsPerUser: 1 };
      const orders = SKEWS.map((skew) => ({ place: placeOf(sessions), options, skew }));
      const workers = await startWorkers<{ tasks: Task[] }, Report>('endings.mjs', orders);
      const own: Record<string, number> = {};
      manager.events$.subscribe((event) => {
        if (event.type === 'removed') {
          own[event.id] = (own[event.id] ?? 0) + 1;
        }
      });
      const reports: Report[] = [];
      let pairs = 0;
      for (let raced = 0; raced < SIZES.races; raced += HEAT) {
        const races = await Promise.all(
          Array.from({ length: HEAT }, async (_, race) => {
            const userId = `user ${raced + race}`;
            // Some expire during the race, by some of the clocks.
            const options = race % 5 === 0 ? { expireTime: 200 } : {};
            return { userId, token: await manager.createSession({ userId, count: 0 }, options) };
          }),
        );
        // In the last heat all sessions are ended together.
        const isLast = raced + HEAT >= SIZES.races;
        const roles = isLast ? rolesBesideAll(races) : rolesFor(races, raced);
        const heat = await workers.work(roles);
        reports.push(...heat);
        const ids = races.map(({ token }) => idOf(token));
        const list = ids.map((id) => `'${id}'`).join();
        const alive = async () =>
          await select(
            `SELECT id, actor_session_id FROM ${tableName} WHERE end_reason = '' AND ` +
              `(id IN (${list}) OR (actor_id IS NOT NULL AND actor_session_id IN (${list})))`,
          );
        const mustHaveEnded = new Set(
          ids.filter((_, race) =>
            roles.some(({ tasks }) => isLast || CERTAIN.includes(tasks[race]!.work)),
          ),
        );
        const left = await alive();
        expect(
          left.filter(
            ({ id, actor_session_id: agent }) =>
              mustHaveEnded.has(id as string) || mustHaveEnded.has(agent as string),
          ),
        ).toEqual([]);
        // A token that was replaced twice ends nothing, and a login evicts only what is live by its clock.
        for (const id of ids) {
          await manager.removeSessionById(id);
        }
        expect(await alive()).toEqual([]);
        const kept = await select(
          `SELECT id FROM ${tableName} WHERE (id IN (${list}) AND data <> '') OR ` +
            `(actor_id IS NOT NULL AND actor_session_id IN (${list}) AND data <> '')`,
        );
        expect(kept).toEqual([]);
        const acting = await select(
          `SELECT id FROM ${tableName} WHERE actor_id IS NOT NULL AND actor_session_id IN (${list})`,
        );
        const events = [...ids, ...acting.map(({ id }) => id as string)].map((id) =>
          heat.reduce((sum, { ended }) => sum + (ended[id] ?? 0), own[id] ?? 0),
        );
        expect(events.filter((count) => count !== 1)).toEqual([]);
        pairs += isLast ? 0 : races.length;
      }
      await workers.end();

      const sum = sumOf(reports.map(({ counts }) => counts));
      const late = ['MISSING', 'ENDED', 'NOT_FOUND', 'EXPIRED'].map(
        (code) => `ERR_SESSION_${code}`,
      );
      expect(unexpectedOutcomes(sum, [...late, 'ERR_SESSION_CONFLICT'])).toEqual([]);
      for (const write of WRITES) {
        // Otherwise there was no race: each has come before an ending, and after one.
        expect(sum[write]!['ok']).toBeGreaterThan(0);
        expect(late.some((code) => (sum[write]![code] ?? 0) > 0)).toBe(true);
      }
      // Each ending has met each write.
      expect(pairs).toBeGreaterThanOrEqual(ENDINGS.length * WRITES.length);
      printTable(`endings beside writes on ${database.name}`, [
        {
          races: SIZES.races,
          'races of each pair': Math.floor(pairs / ENDINGS.length / WRITES.length),
        },
      ]);
    });
  });
});

/** Two processes end each session, and two write to it: each pair in turn. A sweep and a reassignment run beside them. */
function rolesFor(
  races: readonly { token: string; userId: string }[],
  raced: number,
): { tasks: Task[] }[] {
  return SKEWS.map((_, member) => ({
    tasks: races.map((race, index) => {
      const number = raced + index;
      const round = Math.floor(number / ENDINGS.length);
      const works = [
        ENDINGS[number % ENDINGS.length]!,
        index % 125 === 0 ? 'sweep' : ENDINGS[(number + 1 + round) % ENDINGS.length]!,
        WRITES[round % WRITES.length]!,
        index === 1 ? 'reassign' : WRITES[(number + round) % WRITES.length]!,
      ];
      return { ...race, work: works[(number + member) % SKEWS.length]! };
    }),
  }));
}

/** A process whose clock is right ends all sessions, and the others write to them. */
function rolesBesideAll(races: readonly { token: string; userId: string }[]): { tasks: Task[] }[] {
  return SKEWS.map((_, member) => ({
    tasks: races.map((race, index) => {
      const write = WRITES[(index + member) % WRITES.length]!;
      return { ...race, work: member === 1 && index === HEAT / 2 ? 'all' : write };
    }),
  }));
}
