import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { pages, readPage, ROOT } from '../support/docs/snippets.js';

describe('AGENTS.md', () => {
  it('AGENTS.md fits the context of an assistant: 8 KB at most', () => {
    expect(Buffer.byteLength(readPage('AGENTS.md'))).toBeLessThanOrEqual(8192);
  });
});

describe('README.md', () => {
  it('the first screen of README.md has at most 40 lines, and README.md less than 300', () => {
    const lines = readPage('README.md').split('\n');
    expect(lines.indexOf('## Quick start')).toBeLessThanOrEqual(41); // With the blank line before it.
    expect(lines.length).toBeLessThan(300);
  });
});

describe('the site', () => {
  it('the sidebar of the site has every page of docs, and leads to no other', async () => {
    const file = pathToFileURL(join(ROOT, 'site/.vitepress/sidebar.mjs')).href;
    const { SIDEBAR } = (await import(file)) as {
      SIDEBAR: { readonly items: readonly { readonly link: string }[] }[];
    };
    const links = SIDEBAR.flatMap(({ items }) => items.map(({ link }) => link));
    const ofDocs = pages().filter((page) => /^docs\/[^/]+\.md$/.test(page));
    const linked = links.filter((link) => link !== '/').map((link) => `${link.slice(1)}.md`);
    expect(linked.filter((page) => !pages().includes(page))).toEqual([]);
    expect(linked.filter((page) => page.startsWith('docs/')).toSorted()).toEqual(ofDocs);
  });
});
