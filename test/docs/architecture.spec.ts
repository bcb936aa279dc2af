import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readPage, ROOT } from '../support/docs/snippets.js';
import { codeIn } from '../support/docs/tables.js';

const [, table] = readPage('docs/architecture.md').split('## I want to change …');
const rows = table!
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((line) => [line.split('|')[1]!.trim(), codeIn(line)] as const);

describe('the page about the architecture', () => {
  it('docs/architecture.md has the table of which file to open', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('docs/architecture.md names files that exist for a change of %s', (_, files) => {
    const missing = files.filter((file) => file.includes('/') && !existsSync(join(ROOT, file)));
    expect(missing).toEqual([]);
    expect(files.filter((file) => file.endsWith('.ts'))).not.toEqual([]);
  });
});
