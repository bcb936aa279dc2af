import { parseArgs } from 'node:util';
import { save } from './report/results.mjs';
import { heldTo, keeps, summaryOf } from './report/summary.mjs';
import { figuresTable, summaryTables } from './report/tables.mjs';
import { FULL, SHORT } from './settings.mjs';
import { footprint } from './suites/footprint.mjs';
import { growth } from './suites/growth.mjs';
import { http } from './suites/http.mjs';
import { login } from './suites/login.mjs';
import { lookup } from './suites/lookup.mjs';
import { metrics } from './suites/metrics.mjs';
import { sweep } from './suites/sweep.mjs';
import { watch } from './suites/watch.mjs';
import { write } from './suites/write.mjs';

/** The suites, by the names that `npm run bench -- NAME …` takes; without a name, all of them run. */
const SUITES = { http, lookup, login, write, sweep, watch, metrics, growth, footprint };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, short: { type: 'boolean' } },
});
const unknown = positionals.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  throw new Error(
    `There is no suite ${unknown.join(', ')}. Use: ${Object.keys(SUITES).join(', ')}.`,
  );
}

const settings = values.short ? SHORT : FULL;
if (values.short) {
  console.log(
    'Few rounds and little data: these figures only tell that something went badly wrong.',
  );
}
const missed = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  const summary = summaryOf(name, await SUITES[name](settings));
  const held = heldTo({ [name]: summary }).filter(({ figure }) => figure);
  console.log(`\n## ${name}\n\n${summaryTables(summary, held)}`);
  missed.push(...held.filter((row) => !keeps(row, settings.shareOfBar)));
  if (!values.short) {
    await save(name, summary);
  }
}
if (values.check && missed.length > 0) {
  console.error(`\nThese figures miss their gates:\n\n${figuresTable(missed)}`);
  process.exitCode = 1;
}
