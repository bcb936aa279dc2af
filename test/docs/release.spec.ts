import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/docs/snippets.js';

const VERSION = '1.2.3';
const REPOSITORY = { type: 'git', url: 'git+https://git.example/ann/sessions.git' };
/** The variables that GitHub gives to a job that a tag started. */
const TAGGED = {
  GITHUB_REPOSITORY: 'ann/sessions',
  GITHUB_REF_TYPE: 'tag',
  GITHUB_REF_NAME: `v${VERSION}`,
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'));
  write('package.json', JSON.stringify({ version: VERSION, repository: REPOSITORY }));
  write('CODE_OF_CONDUCT.md', 'Report a breach to the maintainers.');
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(folder, file), text);

/** Runs the check in the folder. */
function check(github: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], ...github };
  const options = { cwd: folder, env, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/check-release.js')],
    options,
  );
  return { status, stderr };
}

describe('the check before a release', () => {
  it('a release passes the check if the owner has filled in everything', () => {
    expect(check()).toEqual({ status: 0, stderr: '' });
    expect(check(TAGGED)).toEqual({ status: 0, stderr: '' });
  });

  it('a release without a repository is refused with a link to the steps', () => {
    write('package.json', JSON.stringify({ version: VERSION }));
    const { status, stderr } = check(TAGGED);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Not released: package\.json has no repository\.url\..* RELEASING\.md\.$/m,
    );
  });

  it('a release is refused if another repository builds it', () => {
    const { status, stderr } = check({ ...TAGGED, GITHUB_REPOSITORY: 'bob/sessions' });
    expect(status).toBe(1);
    expect(stderr).toContain('must end with /bob/sessions.git');
  });

  it('a release is refused if the code of conduct names no contact', () => {
    write('CODE_OF_CONDUCT.md', 'Report a breach to CONDUCT_CONTACT.');
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('CODE_OF_CONDUCT.md');
  });

  it('a release is refused if its tag is not the version of the package', () => {
    const { status, stderr } = check({ ...TAGGED, GITHUB_REF_NAME: 'v1.2.4' });
    expect(status).toBe(1);
    expect(stderr).toContain('must be v1.2.3');
  });
});
