import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from '@jest/globals';
import { isChosen } from './chosen-suites.js';

/** An installed program that a suite needs. */
export interface TestProgram {
  readonly name: string;
  /** `undefined` if it is installed, else what is missing. */
  readonly missing: string | undefined;
}

/** The environment variables of a kind of programs: which are tested, and whether all of them must be installed. */
export interface ProgramVariables {
  readonly chosen: string;
  readonly required: string;
}

/**
 * Runs a suite for each program. It is skipped, with the reason in its title, if the program is missing and not required.
 */
export function describePrograms<Program extends TestProgram>(
  programs: readonly Program[],
  { chosen, required }: ProgramVariables,
  suite: (program: Program) => void,
): void {
  for (const program of programs.filter(({ name }) => isChosen(chosen, name))) {
    const { name, missing } = program;
    if (missing === undefined) {
      describe(name, () => suite(program));
    } else if (process.env[required] === '1') {
      throw new Error(`${name}: ${missing}, and ${required}=1 requires it.`);
    } else {
      describe.skip(`${name} (skipped: ${missing})`, () => suite(program));
    }
  }
}

/** Returns the path of an executable file on the PATH. */
export function pathOf(program: string): string | undefined {
  const folders = process.env['PATH']?.split(delimiter) ?? [];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** Returns which of the executable files are not on the PATH, if any. */
export function missingOf(...programs: string[]): string | undefined {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  return missing.length === 0 ? undefined : `no ${missing.join(', no ')} on the PATH`;
}

/** Returns whether this process may run the file. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
