import type { Statement } from '../drivers/driver.js';

/** Most ids in one `IN (…)`: MariaDB makes a temporary table of a thousand, and each length is a statement of its own. */
const MAX_LENGTH = 512;

/**
 * Splits ids into lists for `IN (…)`. They are sorted, so that statements that meet take their locks in one order, and
 * filled up to a power of two with the last, so that few texts are ever prepared.
 */
export function idLists(ids: readonly string[]): Statement[] {
  const sorted = ids.toSorted();
  const lists: Statement[] = [];
  for (let start = 0; start < sorted.length; start += MAX_LENGTH) {
    lists.push(idList(sorted.slice(start, start + MAX_LENGTH)));
  }
  return lists;
}

function idList(ids: readonly string[]): Statement {
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  const padded = Array.from({ length }, (_, index) => ids[Math.min(index, ids.length - 1)]!);
  return {
    sql: padded.map((_, index) => `$id${index}`).join(', '),
    parameters: Object.fromEntries(padded.map((id, index) => [`id${index}`, id])),
  };
}
