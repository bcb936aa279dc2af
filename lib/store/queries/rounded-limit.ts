/**
 * Returns the LIMIT of a statement that is to find at most so many rows: the next power of two, so that few statements are
 * ever prepared, whatever numbers clients choose. MariaDB and MySQL keep a limited number for all clients of the server
 * (`max_prepared_stmt_count`). The caller drops the rows beyond.
 */
export function roundedLimit(limit: number): number {
  return 2 ** Math.ceil(Math.log2(limit));
}
