import { createHash } from 'node:crypto';

/** PostgreSQL truncates a name after this many characters, so that two long names could become the same. */
const MAX_LENGTH = 63;

/**
 * Returns the name of an index or a table that belongs to this table. If the name would be too long, the table's name is
 * shortened and gets its hash.
 */
export function derivedName(table: string, suffix: string): string {
  const name = `${table}_${suffix}`;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, 8);
  return name.length <= MAX_LENGTH ? name : `${table.slice(0, 40)}_${hash}_${suffix}`;
}
