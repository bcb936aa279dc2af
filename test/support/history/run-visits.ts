import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { InitOptions } from 'nestjs-server-sessions';
import type { Options } from 'sequelize';
import { printTable } from '../processes/markdown-table.js';
import { startWorkers } from '../processes/workers.js';
import { firstSuccessAfter, longestPause } from './availability.js';
import { checkHistory, countViolations, NO_VIOLATIONS } from './check-history.js';
import type { Call } from './history.js';

const PROCESSES = 4;

/** Maximum number of sessions of a user. */
const LIMIT = 5;

/** So that a run in which nothing succeeds does not pass. */
const MIN_CALLS_PER_SECOND = 20;

/** Milliseconds of a clock that all processes of the machine share. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What happens to the servers while clients use sessions. It marks the moment from which calls must succeed again. */
export type Nemesis = (mark: () => void) => Promise<void>;

/** A run of clients against a topology. */
export interface Visits {
  readonly title: string;
  /** How the clients connect, each call by any of these. */
  readonly servers: readonly Options[];
  readonly seconds: number;
  readonly options?: InitOptions;
  /** Does nothing if it is left out. */
  readonly nemesis?: Nemesis;
  /** Waits until all servers are well again. */
  readonly healed?: () => Promise<void>;
  /** Seconds from the mark of the nemesis within which a call must succeed; not checked if it is left out. */
  readonly back?: number;
  /** Maximum seconds in which no call succeeds; not checked if it is left out. */
  readonly maxPause?: number;
}

/** Lets clients in several processes use sessions, and expects a history that a correct store could have. */
export async function expectCorrectHistory(visits: Visits): Promise<void> {
  const { title, seconds, options, nemesis, healed, back = Infinity, maxPause = Infinity } = visits;
  const places = visits.servers.map((server) => ({
    server: { ...server, pool: { max: 5 } },
    tableName: 'server_sessions',
  }));
  const all = { maxSessionsPerUser: LIMIT, ...options };
  const orders = Array.from({ length: PROCESSES }, (_, index) => ({
    places,
    options: all,
    name: `p${index}`,
  }));
  const workers = await startWorkers<object | string, Call[]>('visits.mjs', orders);
  const rounds = workers.work(orders.map(() => ({})));
  const end = now() + seconds * 1000;
  let marked: number | undefined;
  await nemesis?.(() => (marked = now()));
  await pause(Math.max(0, end - now()));
  workers.stop();
  const noted = await rounds;
  await healed?.();
  const audited = await workers.work(orders.map(() => 'audit'));
  await workers.end();

  const calls = [...noted, ...audited].flat();
  const found = checkHistory(calls, LIMIT);
  const counts = countViolations(found);
  const longest = longestPause(calls) / 1000;
  const first = marked === undefined ? undefined : firstSuccessAfter(calls, marked) / 1000;
  printTable(title, [
    {
      calls: calls.length,
      failed: calls.filter(({ outcome }) => outcome === 'failed').length,
      unknown: calls.filter(({ outcome }) => outcome === 'unknown').length,
      ...counts,
      'longest pause': shown(longest),
      ...(first !== undefined && { 'back after': shown(first) }),
    },
  ]);
  const examples = Object.values(found).flatMap((each: Call[]) => each.slice(0, 2));
  expect({ counts, examples }).toEqual({ counts: NO_VIOLATIONS, examples: [] });
  const succeeded = calls.filter(({ outcome }) => outcome === 'ok').length;
  expect(succeeded).toBeGreaterThan(seconds * MIN_CALLS_PER_SECOND);
  expect(longest).toBeLessThanOrEqual(maxPause);
  expect(first ?? 0).toBeLessThanOrEqual(back);
}

const shown = (value: number): string => `${value.toFixed(1)} s`;
