import { readPage } from './snippets.js';

/** A row of a table of the docs: its cells by the column's title. */
export type Row = Readonly<Record<string, string>>;

/** Returns the table of a page whose first column has this title. */
export function tableOf(page: string, firstColumn: string): Row[] {
  const lines = readPage(page).split('\n');
  const start = lines.findIndex(
    (line, index) => cellsOf(line)[0] === firstColumn && lines[index + 1]?.startsWith('| -'),
  );
  if (start < 0) {
    throw new Error(`${page} has no table whose first column is ${firstColumn}.`);
  }
  const titles = cellsOf(lines[start]!);
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end).map((line) => {
    const cells = cellsOf(line);
    return Object.fromEntries(titles.map((title, index) => [title, cells[index] ?? '']));
  });
}

/** Returns the parts of a text in backticks, in their order. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

/**
 * Returns the value of a literal in JavaScript, as the tables write them: `60_000`, `'lax'`, `['a', 'b']`, `{ name: 1 }`.
 */
export function literal(code: string): unknown {
  const json = code
    .replaceAll(/(\d)_(?=\d)/g, '$1')
    .replaceAll("'", '"')
    .replaceAll(/(\w+):/g, '"$1":');
  return JSON.parse(json);
}

function cellsOf(line: string): string[] {
  return line.startsWith('|')
    ? line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'))
    : [];
}
