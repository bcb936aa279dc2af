import { parseArgs } from 'node:util';
import { spreadOf } from './measure/spread.mjs';
import { figuresOf, holds } from './report/figures.mjs';
import { figuresTable, ratesTable } from './report/tables.mjs';
import { FULL, SHORT } from './settings.mjs';
import { http } from './suites/http.mjs';
import { lookup } from './suites/lookup.mjs';
import { write } from './suites/write.mjs';

const SUITES = { http, lookup, write };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, short: { type: 'boolean' } },
});
const settings = values.short ? SHORT : FULL;
const missed = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  const results = await SUITES[name](settings);
  const rates = Object.fromEntries(
    Object.entries(results.rates ?? {}).map(([contender, each]) => [contender, spreadOf(each)]),
  );
  const figures = figuresOf(name, results);
  console.log(`\n${name}\n\n${ratesTable(rates)}\n\n${figuresTable(figures)}`);
  missed.push(...figures.filter((figure) => !holds(figure, settings.tolerance)));
}
if (values.check && missed.length > 0) {
  console.error(`\nUnder what the library is held to:\n\n${figuresTable(missed)}`);
  process.exitCode = 1;
}
