import type { Statement } from '../drivers/driver.js';

/** A list for `IN (…)`. */
export interface IdList extends Statement {
  /** How many ids it has. */
  readonly count: number;
}

/**
 * Maximum number of ids in one `IN (…)`: MariaDB makes a temporary table of a thousand ids, and each length is another
 * statement to prepare.
 */
const MAX_LENGTH = 512;

/**
 * Splits ids into lists for `IN (…)`. They are sorted, so that concurrent statements take their locks in the same order,
 * and padded with the last one to a power of two, so that few statements are ever prepared.
 *
 * @param name the beginning of the names of the parameters
 */
export function idLists(ids: readonly string[], name = 'id'): IdList[] {
  const sorted = ids.toSorted();
  const lists: IdList[] = [];
  for (let start = 0; start < sorted.length; start += MAX_LENGTH) {
    lists.push(idList(sorted.slice(start, start + MAX_LENGTH), name));
  }
  return lists;
}

function idList(ids: readonly string[], name: string): IdList {
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  const padded = Array.from({ length }, (_, index) => ids[Math.min(index, ids.length - 1)]!);
  return {
    count: ids.length,
    sql: padded.map((_, index) => `$${name}${index}`).join(', '),
    parameters: Object.fromEntries(padded.map((id, index) => [`${name}${index}`, id])),
  };
}
