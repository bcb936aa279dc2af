/** A table of Markdown. */
function table(names, rows) {
  const lines = [names, names.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** How fast the contenders were. */
export function ratesTable(rates) {
  return table(
    ['Contender', 'Per second', 'Min–max'],
    Object.entries(rates).map(([name, { median, min, max }]) => [
      name,
      whole(median),
      `${whole(min)}–${whole(max)}`,
    ]),
  );
}

/** What the library is held to, and what was measured. */
export function figuresTable(figures) {
  return table(
    ['What', 'Held to', 'Measured', 'Min–max'],
    figures.map(({ what, atLeast, atMost, unit, median, min, max }) => [
      what,
      atLeast === undefined ? `≤ ${amount(atMost, unit)}` : `≥ ${amount(atLeast, unit)}`,
      amount(median, unit),
      `${number(min)}–${number(max)}`,
    ]),
  );
}

const whole = (value) => Math.round(value).toLocaleString('en-US');
const number = (value) => (value >= 100 ? whole(value) : String(Number(value.toFixed(2))));
const amount = (value, unit) => `${number(value)} ${unit}`.trim();
