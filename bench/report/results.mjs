import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { throughputChart } from './chart.mjs';
import { performancePage } from './performance-page.mjs';
import { currentSetting } from './setting.mjs';

const RESULTS = new URL('../results.json', import.meta.url);
const CHART = new URL('../../docs/images/guarded-requests.svg', import.meta.url);
const PAGE = new URL('../../docs/performance.md', import.meta.url);

/**
 * Writes a suite's summary to results.json, and the results to the docs. Summaries of other suites stay if they were
 * measured on the same machine, and nothing that was there then has another version now.
 */
export async function save(suite, summary) {
  const setting = await currentSetting();
  const { suites = {}, ...earlier } = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS)) : {};
  const kept = includes(setting, earlier) ? suites : {};
  const results = { ...setting, suites: { ...kept, [suite]: summary } };
  writeFileSync(RESULTS, await format(JSON.stringify(results), { parser: 'json' }));
  await publish();
}

/** Writes the tables and the chart of the docs, from results.json and the limits. */
export async function publish() {
  const results = JSON.parse(readFileSync(RESULTS));
  writeFileSync(PAGE, await performancePage(readFileSync(PAGE, 'utf8'), results));
  if (results.suites.http) {
    writeFileSync(CHART, throughputChart(results.suites.http.rates));
  }
}

/** Returns whether a value has each property that another one has, equal or with more properties. */
function includes(value, other) {
  return other !== null && typeof other === 'object'
    ? Object.entries(other).every(([key, inner]) => includes(value?.[key], inner))
    : value === other;
}
