import { describe } from '@jest/globals';
import { describePrograms } from '../runner/installed-programs.js';
import { missingPrograms, type TopologyProgram } from './topology-programs.js';

/** Whether only the topologies of CI run, for a short time. */
export const isShort = process.env['CLUSTER'] === 'short';

/** A topology of servers that its suite starts. */
export interface Topology {
  readonly name: string;
  readonly programs: readonly TopologyProgram[];
  /** Whether it also runs in the short form. */
  readonly isInShortForm?: boolean;
}

/**
 * Runs a suite of a topology. It is skipped, with the reason in its title, if a program is missing and not required.
 * `TEST_TOPOLOGIES` limits a run to the topologies in its list.
 */
export function describeTopology(
  { name, programs, isInShortForm = false }: Topology,
  suite: () => void,
): void {
  if (isShort && !isInShortForm) {
    describe.skip(`${name} (skipped: not in the short form)`, suite);
    return;
  }
  const variables = { chosen: 'TEST_TOPOLOGIES', required: 'REQUIRE_TOPOLOGIES' };
  describePrograms([{ name, missing: missingPrograms(programs) }], variables, suite);
}
