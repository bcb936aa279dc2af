import { tmpdir } from 'node:os';
import { run } from './run.js';

/** The majors that `engines` names. npm has Node itself as a package. */
export const NODE_MAJORS = [20, 22, 24, 26] as const;

/** The program of the newest Node of a major. */
export async function nodeOf(major: number): Promise<string> {
  const args = ['--yes', '--prefer-offline', `node@${major}`, '-p', 'process.execPath'];
  return (await run(tmpdir(), 'npx', args)).trim();
}
