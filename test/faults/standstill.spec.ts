import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { emptyPlace } from '../support/databases/place.js';
import { describeShared } from '../support/databases/shared-databases.js';
import {
  compileLibrary,
  type CompiledLibrary,
  type RunningProgram,
} from '../support/processes/compiled-library.js';
import { printTable } from '../support/processes/markdown-table.js';
import { SIZES } from './sizes.js';

const PROGRAM = 'test/faults/programs/clients.ts';

/** Milliseconds that the process stands still, longer than the default `timeout` of 2 s. */
const STANDSTILL = 2500;

/** What the clients of the program saw. */
export interface Outcomes {
  calls: number;
  /** The errors of calls that failed. */
  readonly failed: string[];
  /** Rotations whose new token nobody got. */
  lost: number;
}

describeShared((database) => {
  let library: CompiledLibrary;

  beforeAll(() => {
    library = compileLibrary();
  });
  afterAll(() => library.remove());

  const ways: [string, (program: RunningProgram) => Promise<unknown>][] = [
    ['computes without a pause', (program) => program.ask(STANDSTILL)],
    [
      'is stopped and continued by signals',
      async (program) => {
        program.kill('SIGSTOP');
        await pause(STANDSTILL);
        program.kill('SIGCONT');
      },
    ],
  ];

  it.each(ways)(
    'no call fails and no rotation loses its token if the process %s for longer than the timeout',
    async (way, standStill) => {
      const { place, remove } = emptyPlace(database);
      const program = library.start(PROGRAM, { place, clients: SIZES.standstillClients });
      try {
        await program.ask();
        for (let round = 0; round < SIZES.standstills; round++) {
          // Long enough that no call meets two of them: its deadline moves once.
          await pause(1500 + 37 * round);
          await standStill(program);
        }
        await pause(300);
        const { calls, failed, lost } = await program.ask<Outcomes>('stop');
        printTable(`A process that ${way}: ${database.name}`, [
          { standstills: SIZES.standstills, calls, failed: failed.length, 'lost tokens': lost },
        ]);
        expect({ failed, lost }).toEqual({ failed: [], lost: 0 });
      } finally {
        program.kill('SIGKILL');
        await program.ended;
        await remove();
      }
    },
    300_000,
  );
});
