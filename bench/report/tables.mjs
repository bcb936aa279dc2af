/** Returns the tables of a suite's summary, in Markdown. */
export function summaryTables({ rates, measured, figures }) {
  return [ratesTable(rates), measuredTable(measured), figuresTable(figures)]
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Returns the rates of the contenders. */
export function ratesTable(rates) {
  const rows = Object.entries(rates).map(([name, { median, min, max }]) => [
    name,
    whole(median),
    `${whole(min)}–${whole(max)}`,
  ]);
  return table(['Contender', 'Per second', 'Min–max'], rows);
}

/** Returns the sizes and times. */
export function measuredTable(measured) {
  const rows = Object.entries(measured).map(([name, figure]) => [name, ...spread(figure)]);
  return table(['What', 'Measured', 'Min–max'], rows);
}

/** Returns the limits of the library, and the measured values. */
export function figuresTable(figures) {
  const rows = figures.map((figure) => [
    figure.what,
    `${figure.atLeast === undefined ? `≤ ${figure.atMost}` : `≥ ${figure.atLeast}`} ${figure.unit}`.trim(),
    ...spread(figure),
  ]);
  return table(['What', 'Held to', 'Measured', 'Min–max'], rows);
}

/** Returns a Markdown table; an empty string if it would have no rows. */
export function table(names, rows) {
  if (rows.length === 0) {
    return '';
  }
  const lines = [names, names.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const spread = ({ unit, median, min, max }) => [
  `${number(median)} ${unit}`.trim(),
  `${number(min)}–${number(max)}`,
];
const whole = (value) => Math.round(value).toLocaleString('en-US');
const number = (value) => (value >= 100 ? whole(value) : String(Number(value.toFixed(2))));
