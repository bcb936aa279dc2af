import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readPage, ROOT } from '../support/docs/snippets.js';

describe('a burst of password hashes', () => {
  it('docs/faults.md has figures for each setting that bench/hashes.mjs measures', async () => {
    const { HASHES } = await import(pathToFileURL(join(ROOT, 'bench/settings.mjs')).href);
    const page = readPage('docs/faults.md');
    const rows = page.matchAll(/^\| (\d+) +\| (all|\d+) +\| (\d+) +\| .* % +\|$/gm);
    const settings = [...rows].map(([, hashes, atOnce, threads]) => ({ hashes, atOnce, threads }));
    expect(settings).toEqual(
      HASHES?.map((setting: object) =>
        Object.fromEntries(Object.entries(setting).map(([name, value]) => [name, String(value)])),
      ),
    );
  });

  it('SECURITY.md and docs/passwords.md link to the section about hashing, which names its command', () => {
    const page = readPage('docs/faults.md');
    expect(page).toContain('\n## Many password hashes at once\n');
    expect(page).toContain('node bench/hashes.mjs');
    expect(readPage('SECURITY.md')).toContain('docs/faults.md#many-password-hashes-at-once');
    expect(readPage('docs/passwords.md')).toContain('faults.md#many-password-hashes-at-once');
  });
});
