import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { heldTo } from './summary.mjs';
import { figuresTable, measuredTable, ratesTable, timesTable } from './tables.mjs';

const PRETTIER = JSON.parse(readFileSync(new URL('../../.prettierrc', import.meta.url)));

/** A block that the bench fills: `<!-- bench: http rates -->` up to `<!-- /bench -->`. */
const BLOCK = /(<!-- bench: (?:(\w+) )?(\w+) -->)[^]*?(<!-- \/bench -->)/g;

/** Returns the page with its blocks filled from the results. */
export function performancePage(page, results) {
  const filled = page.replace(
    BLOCK,
    (_, opening, suite, part, closing) =>
      `${opening}\n\n${PARTS[part](results, suite)}\n\n${closing}`,
  );
  return format(filled, { ...PRETTIER, parser: 'markdown' });
}

const PARTS = {
  setting: ({ machine, databases, packages, suites }) =>
    `${machine}; ${versions({ ...databases, ...packages })}. ` +
    `${Object.entries(suites)
      .map(([suite, { date, node }]) => `\`${suite}\` on ${date} with Node ${node}`)
      .join(', ')}.`,
  figures: ({ suites }) => figuresTable(heldTo(suites)),
  rates: ({ suites }, suite) =>
    shown(suites, suite, ({ rates, requests }) => ratesTable(rates, requests)),
  measured: ({ suites }, suite) => shown(suites, suite, ({ measured }) => measuredTable(measured)),
  times: ({ suites }, suite) => shown(suites, suite, ({ times }) => timesTable(times)),
};

/** A suite may have been measured before it got a table. */
const shown = (suites, suite, tableOf) =>
  (suites[suite] && tableOf(suites[suite])) ||
  `Not measured on this machine: \`npm run bench -- ${suite}\`.`;

const versions = (named) =>
  Object.entries(named)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
