/** A statement as a driver takes it, and the names of its parameters in the order of their values. */
export interface PlacedStatement {
  readonly text: string;
  readonly names: readonly string[];
}

/**
 * Puts a driver's placeholders in the place of `$name` parameters. There are few texts, and each is looked through once.
 *
 * @param numbered how the driver writes the parameter of a number, counted from 1; `undefined` where it takes `?` for each
 */
export function placeholders(
  numbered?: (position: number) => string,
): (sql: string) => PlacedStatement {
  const known = new Map<string, PlacedStatement>();
  return (sql) => {
    let placed = known.get(sql);
    if (!placed) {
      placed = place(sql, numbered);
      known.set(sql, placed);
    }
    return placed;
  };
}

function place(sql: string, numbered: ((position: number) => string) | undefined): PlacedStatement {
  const names: string[] = [];
  const text = sql.replace(/\$([a-z]\w*)/gi, (_, name: string) => {
    const at = numbered ? names.indexOf(name) : -1;
    const position = at < 0 ? names.push(name) : at + 1;
    return numbered?.(position) ?? '?';
  });
  return { text, names };
}
