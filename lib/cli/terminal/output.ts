/** Prints one line to the standard output. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Prints the one line of `--json`. */
export function sayJson(value: object): void {
  say(JSON.stringify(value));
}

/** Prints lines of a name and a value each, with the values aligned. */
export function sayRows(rows: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  rows.forEach(([name, value]) => say(`  ${name.padEnd(width)}  ${value}`));
}

/** Returns a number with commas: 1,000,000. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** Returns a number with its noun: `1 session`, `2 sessions`. */
export function formatCount(count: number, thing: string): string {
  return `${formatNumber(count)} ${thing}${count === 1 ? '' : 's'}`;
}
