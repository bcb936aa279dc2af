/** Returns the tables of a suite's summary, in Markdown. */
export function summaryTables({ rates, requests, measured, times }, held) {
  return [
    ratesTable(rates, requests),
    measuredTable(measured),
    timesTable(times),
    figuresTable(held),
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Returns the rates of the contenders, and what each of their requests took, if that was measured. */
export function ratesTable(rates, requests = {}) {
  const columns = Object.keys(Object.values(requests)[0] ?? {});
  const rows = Object.entries(rates).map(([name, { median, min, max }]) => [
    name,
    whole(median),
    `${whole(min)}–${whole(max)}`,
    ...columns.map((column) => amount(requests[name][column])),
  ]);
  return table(['Contender', 'Per second', 'Min–max', ...columns], rows);
}

/** Returns the sizes and times. */
export function measuredTable(measured) {
  const rows = Object.entries(measured).map(([name, figure]) => [
    name,
    amount(figure),
    range(figure),
  ]);
  return table(['What', 'Measured', 'Min–max'], rows);
}

/** Returns the times of calls, a column for each call. */
export function timesTable(times = {}) {
  const columns = Object.keys(Object.values(times)[0] ?? {});
  const rows = Object.entries(times).map(([name, figures]) => [
    name,
    ...columns.map((column) => amount(figures[column])),
  ]);
  return table(['Where', ...columns], rows);
}

/** Returns the limits of the library, and the measured values. */
export function figuresTable(held) {
  const rows = held.map(({ what, over, atLeast, atMost, figure }) => {
    const { target, gate } = atLeast ?? atMost;
    const unit = figure?.unit ?? (over ? '×' : '');
    const limit = (value) => `${atLeast ? '≥' : '≤'} ${value} ${unit}`.trim();
    return [
      what,
      limit(target),
      gate === null ? 'not set' : limit(gate),
      figure ? amount(figure) : 'not measured',
      figure ? range(figure) : '',
    ];
  });
  return table(['What', 'Target', 'Gate', 'Measured', 'Min–max'], rows);
}

/** Returns a Markdown table; an empty string if it would have no rows. */
export function table(names, rows) {
  if (rows.length === 0) {
    return '';
  }
  const lines = [names, names.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const amount = ({ unit, median }) => `${number(median)} ${unit}`.trim();
const range = ({ min, max }) => `${number(min)}–${number(max)}`;
const whole = (value) => Math.round(value).toLocaleString('en-US');

/** A figure that could not be measured is not finite, and `null` in results.json. */
function number(value) {
  if (!Number.isFinite(value)) {
    return 'unknown';
  }
  return value >= 100 ? whole(value) : String(Number(value.toFixed(2)));
}
