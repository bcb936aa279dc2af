import { expect } from '@jest/globals';
import type { InitOptions } from 'nestjs-server-sessions';
import { alike, startWorkers } from './workers.js';
import { placeOf } from '../databases/place.js';
import { openSessions, type TestDatabase } from '../databases/databases.js';
import { printTable } from './markdown-table.js';
import { sumOf, unexpectedOutcomes, type Tally } from './tally.js';

interface TrafficReport {
  readonly tally: Tally;
  readonly evictions: number;
  /** The duration of the longest call, in milliseconds. */
  readonly longest: number;
}

/** The errors that callers must expect when others act on the same sessions. */
const EXPECTED = [
  'ERR_SESSION_NOT_FOUND',
  'ERR_SESSION_ENDED',
  'ERR_SESSION_EXPIRED',
  'ERR_SESSION_CONFLICT',
];

/** Mixes all that can happen to sessions, from several processes, and expects that no caller gets a database error. */
export async function expectSmoothTraffic(
  database: TestDatabase,
  { processes, seconds, options }: { processes: number; seconds: number; options: InitOptions },
): Promise<void> {
  // Ended sessions keep their rows, as they do by default. The processes call the sweep.
  const cleanup = { interval: false, retention: 1000 } as const;
  const limited = { ...options, maxSessionsPerUser: 5, cleanup };
  const sessions = await openSessions(database, { clock: Date, ...limited });
  try {
    const workers = await startWorkers<object, TrafficReport>(
      'traffic.mjs',
      alike(processes, { place: placeOf(sessions), options: limited }),
    );
    const reports = await workers.work(alike(processes, { seconds, users: 20 }));
    await workers.end();

    const tally = sumOf(reports.map((report) => report.tally));
    const evictions = reports.reduce((sum, report) => sum + report.evictions, 0);
    printTable(`${processes} processes of mixed load for ${seconds} s on ${database.name}`, [
      { calls: callsIn(tally), evictions, 'longest call': longestOf(reports) },
    ]);
    expect(unexpectedOutcomes(tally, EXPECTED)).toEqual([]);
    expect(tally['read']!['ERR_SESSION_ENDED']).toBeGreaterThan(0);
    expect(evictions).toBeGreaterThan(0);
    for (const outcomes of Object.values(tally)) {
      expect(outcomes['ok']).toBeGreaterThan(0);
    }
  } finally {
    await sessions.close();
  }
}

function callsIn(tally: Tally): number {
  return Object.values(tally)
    .flatMap((outcomes) => Object.values(outcomes))
    .reduce((sum, count) => sum + count, 0);
}

function longestOf(reports: readonly TrafficReport[]): string {
  return `${Math.max(...reports.map(({ longest }) => longest))} ms`;
}
