import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readPage, ROOT } from '../support/docs/snippets.js';

const results = JSON.parse(readPage('bench/results.json'));

/** A module of bench, which has no types. */
const report = (name: string) => import(pathToFileURL(join(ROOT, 'bench/report', name)).href);

describe('docs/performance.md', () => {
  it('docs/performance.md shows the figures of bench/results.json', async () => {
    const { performancePage } = await report('performance-page.mjs');
    const page = readPage('docs/performance.md');
    expect(await performancePage(page, results)).toBe(page);
  });

  it('the chart shows the figures of bench/results.json', async () => {
    const { throughputChart } = await report('chart.mjs');
    const chart = readFileSync(join(ROOT, 'docs/images/guarded-requests.svg'), 'utf8');
    expect(throughputChart(results.suites.http.rates)).toBe(chart);
  });
});
