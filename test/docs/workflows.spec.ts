import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ALL_ADAPTERS } from '../support/applications/applications.js';
import { DATABASES } from '../support/databases/databases.js';
import { ROOT } from '../support/docs/snippets.js';

const FOLDER = join(ROOT, '.github');
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((file) => /^(workflows|actions)\/.*\.yml$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(FOLDER, file), 'utf8') }));
const workflows = files.filter(({ file }) => file.startsWith('workflows/'));

/** Returns the matches of a pattern's first group in all files. */
const all = (pattern: RegExp) =>
  files.flatMap(({ text }) => [...text.matchAll(pattern)].map(([, found]) => found!));

/** Returns the names that the jobs of CI give to an environment variable, through their matrix. */
const chosenIn = (key: string) =>
  all(new RegExp(`^ +${key}: '?(.+?)'?$`, 'gm')).flatMap((names) => names.split(','));

describe('the workflows', () => {
  it('workflows pin each action to a commit and name its version', () => {
    const used = all(/uses: (.+)$/gm).filter((action) => !action.startsWith('./'));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((action) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });

  it('workflows call only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const called = all(/run: npm (?:run )?([\w:]+)/g).filter((name) => !isCommand(name));
    expect(called).toContain('test:browser');
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('workflows test every database and every framework', () => {
    expect(chosenIn('databases')).toEqual(DATABASES.map(({ name }) => name));
    expect(chosenIn('adapters')).toEqual(ALL_ADAPTERS.map(({ name }) => name));
  });

  it('workflows have read access only, except for the job that publishes', () => {
    for (const { text } of workflows) {
      expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    }
    const rights = files.flatMap(({ file, text }) =>
      [...text.matchAll(/^ +([\w-]+): write$/gm)].map(([, right]) => `${file} ${right}`),
    );
    expect(rights).toEqual(['workflows/release.yml id-token']);
  });
});

/** Commands of npm itself. */
function isCommand(name: string): boolean {
  return ['ci', 'install', 'pack', 'publish'].includes(name);
}
