import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../support/docs/snippets.js';
import { codeIn, tableOf } from '../support/docs/tables.js';

const rows = tableOf('docs/audit.md', 'Requirement').map((row) => ({
  requirement: row['Requirement']!,
  file: join(ROOT, 'test', `${codeIn(row['File']!)[0]}.spec.ts`),
  title: codeIn(row['Test']!)[0]!,
}));

describe('the table of requirements', () => {
  it('the table of requirements cites ASVS, the Cheat Sheet, NIST and the RFCs', () => {
    for (const source of [
      'V7.',
      'V3.3.',
      'V16.',
      'Cheat Sheet',
      'WSTG',
      'NIST',
      'RFC 6265bis',
      'RFC 6750',
    ]) {
      expect(rows.some(({ requirement }) => requirement.includes(source))).toBe(true);
    }
  });

  it.each(rows)(
    'the table of requirements names an existing test for $requirement: $title',
    ({ file, title }) => {
      expect(existsSync(file)).toBe(true);
      const titles = readFileSync(file, 'utf8').match(/(?<=['`"])[^'`"\n]+(?=['`"],)/g);
      expect(titles).toContain(title);
    },
  );
});
