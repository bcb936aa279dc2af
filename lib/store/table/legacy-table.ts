/** The columns of the table of the package `server-sessions`. */
export const LEGACY_COLUMNS = ['id', 'data', 'expire', 'createdAt', 'updatedAt'];

/** Returns whether a table with these columns is one of `server-sessions`. */
export function isLegacyTable(columns: readonly string[]): boolean {
  return LEGACY_COLUMNS.every((column) => columns.includes(column));
}
