import { isDeepStrictEqual } from 'node:util';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { throughputChart } from './chart.mjs';
import { performancePage } from './performance-page.mjs';
import { currentSetting } from './setting.mjs';

const RESULTS = new URL('../results.json', import.meta.url);
const CHART = new URL('../../docs/images/guarded-requests.svg', import.meta.url);
const PAGE = new URL('../../docs/performance.md', import.meta.url);

/**
 * Writes a suite's summary to results.json, and the published part of the results to the docs. Summaries of other suites
 * stay if they were measured on the same machine with the same versions.
 */
export async function save(suite, summary) {
  const setting = await currentSetting();
  const { suites = {}, ...earlier } = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS)) : {};
  const kept = isDeepStrictEqual(earlier, setting) ? suites : {};
  const results = { ...setting, suites: { ...kept, [suite]: summary } };
  writeFileSync(RESULTS, await format(JSON.stringify(results), { parser: 'json' }));
  writeFileSync(PAGE, await performancePage(readFileSync(PAGE, 'utf8'), results));
  if (results.suites.http) {
    writeFileSync(CHART, throughputChart(results.suites.http.rates));
  }
}
