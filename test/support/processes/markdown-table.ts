/** Prints measured figures as a Markdown table. */
export function printTable(
  title: string,
  rows: readonly Readonly<Record<string, number | string>>[],
): void {
  const names = Object.keys(rows[0] ?? {});
  const lines = [
    names,
    names.map(() => '---'),
    ...rows.map((row) => names.map((name) => row[name])),
  ];
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  process.stdout.write(`\n${title}\n\n${table}\n\n`);
}
