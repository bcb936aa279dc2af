import type { Dialect } from '../drivers/dialect.js';

// SQLite limits no column to its declared length. A value above 512 MiB, of which Node can make no string, would end the
// process as soon as the driver reads it. Servers limit all columns but the data, which is not limited here: the process ends if
// somebody stores such a value with SQL on PostgreSQL, and it arrives within the deadline.

/** Maximum bytes of data to read. `maxDataBytes` is at most 1 MiB, of which escapes make 3 MiB and encryption 4 MiB. */
const MAX_DATA_BYTES = 8 * 1024 * 1024;

/** Maximum bytes of another column to read. The longest, of 512 characters, has up to 2,048. */
const MAX_COLUMN_BYTES = 4096;

/** Returns the SQL of the data, on SQLite `NULL` if it is too long. */
export const limitedData = (dialect: Dialect): string => limited(dialect, 'data', MAX_DATA_BYTES);

/** Returns the SQL of a column, on SQLite `NULL` if it is too long. */
export function limited(
  { name }: Dialect,
  column: string,
  maxBytes: number = MAX_COLUMN_BYTES,
): string {
  return name === 'sqlite'
    ? `CASE WHEN OCTET_LENGTH(${column}) <= ${maxBytes} THEN ${column} END`
    : column;
}

/**
 * Returns the condition that SQLite stores a column as binary or too long. In SQLite, numbers are less than any text, and
 * text is less than anything binary, so a number takes one comparison.
 */
export function isOutsized(column: string): string {
  return `${column} >= '' AND (${column} >= x'' OR OCTET_LENGTH(${column}) > ${MAX_COLUMN_BYTES})`;
}

/**
 * Returns one more condition of a search by ids: only ids that can be read exactly as they are stored, so that the search
 * can go on after each. SQLite also accepts ids that are binary, too long or invalid UTF-8. No session has such an id.
 */
export function andReadableId({ name }: Dialect, id: string): string {
  return name === 'sqlite'
    ? ` AND typeof(${id}) = 'text' AND OCTET_LENGTH(${id}) <= 36 AND ${id} NOT GLOB '*[^0-9a-f-]*'`
    : '';
}

/**
 * Returns the columns of a SELECT or of RETURNING, each limited. An ORDER BY must then name the table: otherwise it would
 * sort by the limited columns, for which there is no index.
 */
export function limitedColumns(dialect: Dialect, columns: readonly string[]): string {
  return columns.map((column) => `${limited(dialect, column)} AS ${column}`).join(', ');
}
