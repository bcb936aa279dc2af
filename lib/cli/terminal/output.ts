/** One line on the standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What `--json` prints: one line. */
export function sayJson(value: object): void {
  say(JSON.stringify(value));
}

/** Lines of a name and a value each, the values below each other. */
export function sayRows(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  rows.forEach(([name, value]) => say(`  ${name.padEnd(width)}  ${value}`));
}

/** A number with commas: 1,000,000. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** So many things: `1 session`, `2 sessions`. */
export function formatCount(count: number, thing: string): string {
  return `${formatNumber(count)} ${thing}${count === 1 ? '' : 's'}`;
}
