import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readPage, ROOT } from '../support/docs/snippets.js';
import { codeIn, tableOf } from '../support/docs/tables.js';

const PAGE = 'test/README.md';
const page = readPage(PAGE);
const examples = [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(
  ([, file, code]) => [file!, code!] as const,
);
const rows = tableOf(PAGE, 'You changed').map(
  (row) => [row['You changed']!, codeIn(row['Add to']!)] as const,
);

/** The folders of `test` that have a spec. */
const folders = readdirSync(join(ROOT, 'test')).filter((folder) =>
  readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).some(
    (file) => file.startsWith(`${folder}/`) && file.endsWith('.spec.ts'),
  ),
);

describe('test/README.md', () => {
  it('test/README.md names every folder of test', () => {
    const named = tableOf(PAGE, 'Folder').map((row) => codeIn(row['Folder']!)[0]!);
    expect(named.toSorted()).toEqual([...folders, 'support'].toSorted());
  });

  it('test/README.md names scripts and files that exist', () => {
    const { scripts } = JSON.parse(readPage('package.json'));
    const called = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script!);
    expect(called.filter((script) => !(script in scripts))).toEqual([]);
    const linked = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to!);
    const named = codeIn(page).filter((code) => /^test\/[\w./-]+$/.test(code));
    const paths = [...linked.map((to) => join(dirname(PAGE), to)), ...named];
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('test/README.md has an example of a contract spec and one of an e2e spec', () => {
    expect(examples.map(([file]) => dirname(file))).toEqual(['contract', 'e2e']);
  });

  it.each(examples)('test/README.md shows the example %s exactly as in the file', (file, code) => {
    expect(code).toBe(readPage(join('test', file)));
  });

  it('test/README.md has the table of where to add a test', () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)(
    'test/README.md names existing files to add to after a change of %s',
    (_, named) => {
      const files = named.filter((code) => code.startsWith('test/'));
      expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
      expect(files.filter((file) => file.endsWith('.ts'))).not.toEqual([]);
    },
  );
});

describe('jest.config.js', () => {
  it('jest.config.js has a project for every folder with specs, except for those that Stryker runs', async () => {
    const { default: config } = await import(pathToFileURL(join(ROOT, 'jest.config.js')).href);
    const projects: string[] = config.projects.map((project: any) => project.displayName);
    expect(projects.toSorted()).toEqual(folders.filter((folder) => folder !== 'mutation'));
  });
});
