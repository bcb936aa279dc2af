import { tmpdir } from 'node:os';
import { isChosen } from '../runner/chosen-suites.js';
import { run } from './run.js';

/** The majors that `engines` names, or those of them that TEST_NODES names. npm has Node itself as a package. */
export const NODE_MAJORS = [20, 22, 24, 26].filter((major) => isChosen('TEST_NODES', `${major}`));

/** The program of the newest Node of a major. */
export async function nodeOf(major: number): Promise<string> {
  const args = ['--yes', '--prefer-offline', `node@${major}`, '-p', 'process.execPath'];
  return (await run(tmpdir(), 'npx', args)).trim();
}
