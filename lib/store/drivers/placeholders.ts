import type { Parameters } from './driver.js';

/** A statement in the form that a driver takes. */
export interface BoundStatement {
  readonly text: string;
  readonly values: unknown[];
}

/** A statement with placeholders, and the names of its parameters in the order of their values. */
interface PlaceholderText {
  readonly text: string;
  readonly names: readonly string[];
}

/**
 * Returns a function that replaces `$name` parameters with a driver's placeholders. There are few statements with parameters,
 * and each is parsed once. One without can have values in its text, such as the key of a lock, so it is not kept.
 *
 * @param numbered returns the placeholder of the parameter at a position, from 1; `undefined` if the driver takes `?` for
 * each
 */
export function placeholders(
  numbered?: (position: number) => string,
): (sql: string, parameters: Parameters) => BoundStatement {
  const known = new Map<string, PlaceholderText>();
  return (sql, parameters) => {
    if (Object.keys(parameters).length === 0) {
      return { text: sql, values: [] };
    }
    let parsed = known.get(sql);
    if (!parsed) {
      parsed = withPlaceholders(sql, numbered);
      known.set(sql, parsed);
    }
    const { text, names } = parsed;
    return { text, values: names.map((name) => parameters[name]) };
  };
}

/** Matches a quoted identifier, which stays as it is, or a parameter with its name. */
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
