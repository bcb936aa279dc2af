import type { Dialect } from '../drivers/dialect.js';

/** The number 1 in a transaction; outside, MariaDB refuses the statement, since the subquery has two rows. */
const ONE_IN_TRANSACTION = 'IF(@@in_transaction, 1, (SELECT 1 UNION SELECT 2))';

/** The code of that refusal. */
export const NO_TRANSACTION = 'ER_SUBQUERY_NO_1_ROW';

/**
 * Returns SQL of the number 1 for a statement that must be part of a transaction. On a Galera cluster, MariaDB can undo a
 * transaction while it prepares one of its statements, and then loses the error. The statement would run on its own, so
 * this makes MariaDB refuse it. See docs/adr/0038-turns-on-galera.md.
 */
export function oneInTransaction({ name, isGalera }: Dialect): string {
  return isGalera && name === 'mariadb' ? ONE_IN_TRANSACTION : '1';
}
