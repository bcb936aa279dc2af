import type { Parameters } from './driver.js';

/** A statement as a driver takes it. */
export interface BoundStatement {
  readonly text: string;
  readonly values: unknown[];
}

/** A text, and the names of its parameters in the order of their values. */
interface PlaceholderText {
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
): (sql: string, parameters: Parameters) => BoundStatement {
  const known = new Map<string, PlaceholderText>();
  return (sql, parameters) => {
    let parsed = known.get(sql);
    if (!parsed) {
      parsed = withPlaceholders(sql, numbered);
      known.set(sql, parsed);
    }
    const { text, names } = parsed;
    return { text, values: names.map((name) => parameters[name]) };
  };
}

/** A quoted identifier, which is passed over, or a parameter with its name. */
const PARAMETER = /"[^"]*"|`[^`]*`|\$([a-z]\w*)/gi;

function withPlaceholders(
  sql: string,
  numbered: ((position: number) => string) | undefined,
): PlaceholderText {
  const names: string[] = [];
  const text = sql.replace(PARAMETER, (quoted, name: string | undefined) => {
    if (name === undefined) {
      return quoted;
    }
    const at = numbered ? names.indexOf(name) : -1;
    const position = at < 0 ? names.push(name) : at + 1;
    return numbered?.(position) ?? '?';
  });
  return { text, names };
}
